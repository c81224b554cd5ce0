import type {
  AddOnItem,
  CommitmentItem,
  FixedChargeItem,
  InvoiceItem,
  UsageChargeItem,
} from '../../src/domain/invoicing/items.ts';
import { type InvoicePart, priceInvoice, priceTogether } from '../../src/domain/invoicing/price-items.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { planItem, rateOf, span } from './worlds.ts';

const december = span('2025-12-01', '2026-01-01');
const january = span('2026-01-01', '2026-02-01');
const february = span('2026-02-01', '2026-03-01');
const one = (text: string): Exact => Exact.parse(text);

const seats = (change: Partial<FixedChargeItem> = {}): FixedChargeItem => ({
  kind: 'fixed_charge',
  id: 'seats',
  name: 'Seats',
  units: '3',
  prorated: false,
  pricing: pricingOf('standard', { amount: '10' }),
  taxes: [],
  period: january,
  billed: january,
  ...change,
});
const calls = (units: string, change: Partial<UsageChargeItem> = {}): UsageChargeItem => ({
  kind: 'charge',
  id: 'calls',
  name: 'Calls',
  taxes: [],
  period: january,
  billed: january,
  buckets: [{ pricing: pricingOf('standard', { amount: '2' }), usage: { units: one(units), eventsCount: 5n } }],
  ...change,
});
const setup: AddOnItem = {
  kind: 'add_on',
  id: null,
  name: 'Setup',
  description: 'Two hours',
  units: '2',
  unitAmount: '50',
  taxes: [],
  period: january,
  billed: january,
};
const commitment = (change: Partial<CommitmentItem> = {}): CommitmentItem => ({
  kind: 'commitment',
  id: 'plan',
  name: 'Minimum',
  amountCents: 10_000n,
  billedBeforeCents: 0n,
  taxes: [],
  period: january,
  billed: january,
  ...change,
});
const part = (...items: InvoiceItem[]): InvoicePart => ({ currency: 'EUR', timezone: 'UTC', items });
const feesOf = (...items: InvoiceItem[]) => priceInvoice(part(...items)).fees;
const amountsOf = (...items: InvoiceItem[]) => feesOf(...items).map(({ type, amountCents }) => [type, amountCents]);

describe('a fee', () => {
  it('says what it is for and what is left open', () => {
    const [fee] = feesOf(planItem(3000, january, january, [...rateOf('7.50'), ...rateOf('2')]));
    expect(fee).toMatchObject({
      type: 'subscription',
      subscriptionId: null,
      itemId: 'plan',
      taxesRate: '9.5',
      taxesAmountCents: 285n,
      description: null,
      filterId: null,
      groupedBy: null,
      trueUp: false,
      from: january.start,
      to: january.end,
    });
    expect(fee?.derivation).toMatchObject({ version: 1, rounding: 'half_away_from_zero' });
    expect(fee?.derivation).not.toHaveProperty('events_count');
    expect(feesOf(planItem(3000, january, january, rateOf('7.50')))[0]?.taxesRate).toBe('7.5');
  });

  it('of an add-on keeps what a person wrote, and is not prorated', () => {
    expect(feesOf({ ...setup, billed: span('2026-01-15', '2026-02-01') })).toMatchObject([
      { type: 'add_on', itemId: null, description: 'Two hours', units: '2', unitAmount: '50', amountCents: 10_000n },
    ]);
  });

  it('of a filter and group is one of its own, with its name', () => {
    const [bucket] = calls('3').buckets;
    if (!bucket) throw new Error('no bucket');
    const fees = feesOf(
      calls('3', {
        buckets: [
          { ...bucket, label: 'Europe', filterId: 'f1', groupedBy: { team: null } },
          { ...bucket, label: null },
        ],
      }),
    );
    expect(fees).toMatchObject([
      { name: 'Calls (Europe)', filterId: 'f1', groupedBy: { team: null }, eventsCount: 5n },
      { name: 'Calls', filterId: null, groupedBy: null, eventsCount: 5n },
    ]);
  });

  it('on one invoice belongs to its subscription, and the invoice has their currency', () => {
    const { currency, fees } = priceTogether([
      { ...part(planItem(100, january)), subscriptionId: 'a' },
      { ...part(planItem(200, january)), subscriptionId: 'b' },
      part(setup),
    ]);
    expect([currency, fees.map(({ subscriptionId }) => subscriptionId)]).toEqual(['EUR', ['a', 'b', null]]);
  });
});

describe('paid in advance', () => {
  const paid = (text: string) => ({ units: one(text), eventsCount: 1n });
  const growth = (units: string, before: string | null, more: object = {}) =>
    feesOf(
      calls(units, {
        buckets: [
          {
            pricing: pricingOf('standard', { amount: '2' }),
            usage: { units: one(units), eventsCount: 7n, ...more },
            paid: before === null ? null : paid(before),
          },
        ],
      }),
    );

  it.each([
    ['the first event pays for itself', '3', null, '3', 600n, '2'],
    ['growth is charged', '5', '3', '2', 400n, '2'],
    ['a decrease is no units and gives nothing back', '2', '3', '0', 0n, '0'],
  ])('%s', (_, now, before, units, amountCents, unitAmount) => {
    expect(growth(now, before)).toMatchObject([{ units, amountCents, unitAmount, eventsCount: 1n }]);
  });

  it('usage in proportion to its days is compared with what was paid in that proportion', () => {
    const [fee] = feesOf(
      calls('4', {
        buckets: [
          {
            pricing: pricingOf('standard', { amount: '2' }),
            usage: { ...paid('4'), proratedUnits: one('2') },
            paid: { ...paid('3'), proratedUnits: one('1.5') },
          },
        ],
      }),
    );
    expect(fee).toMatchObject({ units: '0.5', amountCents: 100n });
  });

  it('a fixed charge bills the growth of its units', () => {
    expect(feesOf(seats({ units: '5', paidUnits: '3' }))).toMatchObject([
      { type: 'fixed_charge', units: '2', amountCents: 2000n, unitAmount: '10', eventsCount: 0n },
    ]);
    expect(feesOf(seats({ units: '2', paidUnits: '3' }))).toMatchObject([{ units: '0', amountCents: 0n }]);
    expect(feesOf(seats())).toMatchObject([{ units: '3', amountCents: 3000n }]);
  });
});

describe('minimums', () => {
  it('of a charge: what is missing is a fee of its own, after the charge', () => {
    expect(feesOf(calls('3', { minimumCents: 1000n }))).toMatchObject([
      { type: 'charge', trueUp: false, amountCents: 600n },
      { type: 'charge', trueUp: true, itemId: 'calls', amountCents: 400n, units: '1', unitAmount: '4', eventsCount: 0n },
    ]);
    expect(amountsOf(calls('5', { minimumCents: 1000n }))).toEqual([['charge', 1000n]]);
    expect(amountsOf(calls('6', { minimumCents: 1000n }))).toEqual([['charge', 1200n]]);
    expect(amountsOf(calls('0'))).toEqual([['charge', 0n]]);
  });

  it('of a plan: plan, usage and fixed fees of the same period count towards it', () => {
    expect(amountsOf(commitment(), planItem(3000, january), seats(), calls('3'))).toEqual([
      ['subscription', 3000n],
      ['fixed_charge', 3000n],
      ['charge', 600n],
      ['commitment', 3400n],
    ]);
  });

  it.each([
    ['the plan of the period to come', planItem(3000, february)],
    ['what was late from the period before', planItem(3000, december)],
    ['what is sold once', { ...setup, units: '1' }],
    ['another commitment', commitment({ id: 'other', amountCents: 5000n })],
  ])('of a plan: %s does not count', (_, item) => {
    expect(feesOf(item, commitment()).filter(({ itemId, trueUp }) => trueUp && itemId === 'plan')).toMatchObject([
      { type: 'commitment', amountCents: 10_000n },
    ]);
  });

  it('of a plan: what a charge was filled up with counts, and what was billed before', () => {
    expect(amountsOf(calls('3', { minimumCents: 1000n }), commitment({ billedBeforeCents: 8500n }))).toEqual([
      ['charge', 600n],
      ['charge', 400n],
      ['commitment', 500n],
    ]);
    expect(amountsOf(calls('3'), commitment({ billedBeforeCents: 9400n }))).toEqual([['charge', 600n]]);
  });

  it('of two plans on one invoice: each is filled up by its own', () => {
    const { fees } = priceTogether([part(commitment()), part(planItem(10_000, january), commitment())]);
    expect(fees.map(({ type, amountCents }) => [type, amountCents])).toEqual([
      ['commitment', 10_000n],
      ['subscription', 10_000n],
    ]);
  });
});

describe('coupons', () => {
  it('limited to a charge leave a line in free words alone', () => {
    const { fees, discounts } = priceInvoice({
      ...part(setup, calls('3')),
      discounts: [{ id: 'c', name: 'Calls only', discount: { percentage: '50' }, itemIds: ['calls'] }],
    });
    expect([fees.map(({ discountCents }) => discountCents.toDecimal()), discounts]).toEqual([
      ['0', '300'],
      [{ id: 'c', name: 'Calls only', amountCents: 300n }],
    ]);
  });

  it('share out at five decimals, and the last takes what that left', () => {
    const { fees } = priceInvoice({
      ...part(planItem(100, january), planItem(100, january), planItem(100, january)),
      discounts: [{ id: 'c', name: 'C', discount: { amountCents: 200n }, itemIds: null }],
    });
    expect(fees.map(({ discountCents }) => discountCents.toDecimal())).toEqual(['66.66667', '66.66667', '66.66666']);
  });

  it('take no more than whole cents of what the coupons before left', () => {
    const half = { id: 'h', name: 'H', discount: { amountCents: 1n }, itemIds: null };
    const { discounts, totalCents } = priceInvoice({
      ...part(planItem(1, january), seats({ units: '0.01', id: 'other', pricing: pricingOf('standard', { amount: '1' }) })),
      discounts: [half, { ...half, id: 'i', itemIds: ['plan'] }],
    });
    // Half a cent is left of the plan: no cent can be taken of it.
    expect([discounts.map(({ amountCents }) => amountCents), totalCents]).toEqual([[1n, 0n], 1n]);
  });
});

describe('tax lines', () => {
  it('one for each rate, with the rule of the addresses where they decided', () => {
    const [vat] = rateOf('20');
    if (!vat) throw new Error('no tax');
    const address = {
      rule: 'export' as const,
      seller: 'FR',
      buyer: 'CH',
      tax_id_valid: false,
      on: '2026-01-01',
      note: 'Export.',
    };
    const { taxes } = priceInvoice(
      part(
        planItem(100, january, january, [vat]),
        planItem(200, january, january, [vat, { ...vat, id: null, code: 'x', rate: '0', address }]),
      ),
    );
    expect(taxes).toEqual([
      {
        taxId: 'tax-20',
        code: 'tax_20',
        name: 'Tax',
        rate: '20',
        addressRule: null,
        note: null,
        baseAmountCents: 300n,
        amountCents: 60n,
      },
      {
        taxId: null,
        code: 'x',
        name: 'Tax',
        rate: '0',
        addressRule: 'export',
        note: 'Export.',
        baseAmountCents: 200n,
        amountCents: 0n,
      },
    ]);
  });
});
