import { Temporal } from 'temporal-polyfill';
import type { Span } from '../../src/domain/calendar/span.ts';
import { billedBetweenPauses } from '../../src/domain/lifecycles/pause.ts';
import { unusedCredit } from '../../src/domain/lifecycles/unused-credit.ts';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import type { MeterEvent } from '../../src/domain/metering/meter-event.ts';
import type { Metric } from '../../src/domain/metering/metric.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { type BlockTier, priceBlocks, priceBlocksByVolume, priceCapacity } from '../../src/domain/pricing/block-tiers.ts';
import {
  type Cycle,
  cycleDate,
  type CyclePiece,
  cyclePieces,
  ratioOf,
  wholeCycles,
} from '../../src/domain/proration/billing-cycle.ts';
import { prorationOf } from '../../src/domain/proration/local-days.ts';
import { invoicingCase, invoicingIds } from './cases.ts';
import { at, planInvoice, planItem, span } from './worlds.ts';

const date = (text: string) => Temporal.PlainDate.from(text);
const exact = (value: string | number) => Exact.parse(String(value));
const months = { monthly: 1, quarterly: 3, annual: 12 } as const;
const cents = (amount: Exact): string => amount.rounded('round', 2).toDecimal();

function piecesOf(
  given: { period?: keyof typeof months; bcd: number; start: string; end?: string | null; fixed_days?: 30 },
  upTo: string,
): readonly CyclePiece[] {
  const pieces = cyclePieces({
    months: months[given.period ?? 'monthly'],
    billingDay: given.bcd,
    start: date(given.start),
    end: given.end ? date(given.end) : null,
    upTo: date(upTo),
    ...(given.fixed_days && { fixedDays: given.fixed_days }),
  });
  if ('refused' in pieces) throw new Error(pieces.refused);
  return pieces;
}

const shown = (pieces: readonly CyclePiece[], price: string) =>
  pieces.map(({ from, to, cycles }) => ({
    from: from.toString(),
    to: to.toString(),
    amount: Number(cents(cycles.times(exact(price)))),
  }));

describe('proration by billing day', () => {
  it.each(invoicingIds(/^proration\/in-advance/))('%s', (id) => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<
      { period: keyof typeof months; bcd: number; start: string; end: string | null },
      { total_cycles: string; derived_items: { from: string; to: string; cycles: string; 'amount_at_100.00': string }[] },
      { invoice_up_to: string }
    >(id);
    const pieces = piecesOf(given, when.invoice_up_to);
    const total = pieces.reduce((sum, { cycles }) => sum.plus(cycles), Exact.zero);
    expect(total.compare(exact(expected.total_cycles))).toBe(0);
    expect(pieces.map(({ from, to, cycles }) => [from.toString(), to.toString(), cycles.toDecimal()])).toEqual(
      expected.derived_items.map((item) => [item.from, item.to, exact(item.cycles).toDecimal()]),
    );
    expect(shown(pieces, '100').map((item) => item.amount)).toEqual(
      expected.derived_items.map((item) => Number(item['amount_at_100.00'])),
    );
  });

  it('KB-DATE-02: 30 days to every month', () => {
    const { given, expect: expected } = invoicingCase<
      { pairs: [string, string][] },
      { ratio: string; same_month: [string, string, number, string][] }
    >('KB-DATE-02');
    const month = [date('2023-06-15'), date('2023-07-15')] as const;
    for (const [from, to] of given.pairs) {
      expect(ratioOf(date(from), date(to), ...month, 30).toDecimal()).toBe(expected.ratio);
      const proration = prorationOf(
        span('2023-06-15', '2023-07-15'),
        span('2023-06-23', '2023-07-15'),
        'UTC',
        'thirty_day_months',
      );
      expect(proration).toEqual({ billableDays: 22, periodDays: 30 });
    }
    for (const [from, to, , ratio] of expected.same_month)
      expect(ratioOf(date(from), date(to), ...month, 30).toDecimal()).toBe(ratio);
  });

  it('KB-DATE-04 and KB-DATE-05: dates and numbers of cycles', () => {
    const advance = invoicingCase<{ start: string }, { dates: string[] }, { n: number[] }>('KB-DATE-04');
    expect(advance.when.n.map((n) => cycleDate(date(advance.given.start), { days: 30 }, n).toString())).toEqual(
      advance.expect.dates,
    );
    const counts = invoicingCase<{ start: string }, { counts: number[] }, { rows: [string, string][] }>('KB-DATE-05');
    const cycles: Record<string, Cycle> = { monthly: { months: 1 }, '30 days': { days: 30 }, weekly: { days: 7 } };
    const found = counts.when.rows.map(([name, until]) =>
      wholeCycles(date(counts.given.start), cycles[name] ?? { days: 1 }, date(until)),
    );
    expect(found).toEqual(counts.expect.counts);
  });

  it('KB-DATE-06: impossible orders are refused', () => {
    const { given } = invoicingCase<{ rows: { start: string; end: string; target: string }[] }, unknown>('KB-DATE-06');
    for (const { start, end, target } of given.rows)
      expect(cyclePieces({ months: 1, billingDay: 15, start: date(start), end: date(end), upTo: date(target) })).toEqual({
        refused: 'invalid_date_sequence',
      });
  });

  it.each([
    ['KB-GEN-01', { bcd: 1, start: '2011-09-01' }, '2011-10-03', '10'],
    ['KB-GEN-03', { bcd: 16, start: '2012-07-16' }, '2012-08-16', '10'],
  ])('%s', (id, given, upTo, price) => {
    const { expect: expected } = invoicingCase<unknown, { items: { from: string; to: string; amount: string }[] }>(id);
    expect(shown(piecesOf(given, upTo), price)).toEqual(
      expected.items.map(({ from, to, amount }) => ({ from, to, amount: Number(amount) })),
    );
  });

  it('KB-GEN-02 and KB-E2E-25: cycles of days', () => {
    const { expect: expected } = invoicingCase<unknown, { items: { from: string; to: string }[] }>('KB-GEN-02');
    const bounds = [0, 1].map((n) => [n, n + 1].map((count) => cycleDate(date('2011-09-01'), { days: 30 }, count).toString()));
    expect(bounds).toEqual(expected.items.map(({ from, to }) => [from, to]));
    expect(cycleDate(date('2015-05-01'), { days: 7 }, 1).toString()).toBe('2015-05-08');
  });

  it('KB-GEN-07, KB-GEN-08 and KB-GEN-10: phases at the end of a term, a second run, a price of nothing', () => {
    const phases = [
      ['2011-09-01', '2011-10-01', '5'],
      ['2011-10-01', '2011-11-01', '10'],
      ['2011-11-01', undefined, '30'],
    ] as const;
    const items = phases.flatMap(([start, end, price]) =>
      shown(piecesOf({ bcd: 1, start, ...(end && { end }) }, '2011-12-03'), price),
    );
    expect(items.map((item) => item.amount)).toEqual([5, 10, 30, 30]);
    const again = piecesOf({ bcd: 1, start: '2011-09-01' }, '2011-12-03');
    expect(again).toEqual(piecesOf({ bcd: 1, start: '2011-09-01' }, '2011-12-01'));
    expect(shown(piecesOf({ bcd: 1, start: '2011-01-01' }, '2011-01-01'), '0')).toMatchObject([{ amount: 0 }]);
  });

  it('KB-GEN-06: a change of plan and billing day', () => {
    const { expect: expected } = invoicingCase<unknown, { items: { amount: string }[]; balance: string }>('KB-GEN-06');
    const amounts = [
      ...shown(piecesOf({ bcd: 1, start: '2011-09-01', end: '2011-10-15' }, '2011-12-03'), '5'),
      ...shown(piecesOf({ bcd: 15, start: '2011-10-15' }, '2011-12-03'), '10'),
    ].map((item) => item.amount);
    expect(amounts).toEqual(expected.items.map((item) => Number(item.amount)));
  });

  it('KB-GEN-13: trial, discount and evergreen', () => {
    const { expect: expected } = invoicingCase<
      unknown,
      { invoices: { derived_items?: { from: string; to: string; amount: string }[] }[] }
    >('KB-GEN-13');
    const discount = shown(piecesOf({ bcd: 15, start: '2012-04-05', end: '2012-10-05' }, '2012-10-15'), '9.95');
    expect(discount.slice(0, 2).map((item) => item.amount)).toEqual([3.21, 9.95]);
    const evergreen = shown(piecesOf({ bcd: 15, start: '2012-10-05' }, '2012-10-15'), '19.95');
    expect([...discount.slice(2), ...evergreen]).toEqual(
      expected.invoices.at(-1)?.derived_items?.map(({ from, to, amount }) => ({ from, to, amount: Number(amount) })),
    );
  });

  it('KB-E2E-06: 249.95 × 27/30 is 224.96, not the float’s 224.95; 29/31 of it is 233.82', () => {
    expect(planInvoice(planItem(24_995, span('2012-04-02', '2012-05-02'), span('2012-04-05', '2012-05-02'))).fee).toBe(22_496);
    expect(planInvoice(planItem(24_995, span('2012-03-02', '2012-04-02'), span('2012-03-04', '2012-04-02'))).fee).toBe(23_382);
  });

  it.each([
    ['KB-E2E-01', '599.95', { bcd: 31, start: '2012-03-02', end: '2012-03-31' }, '561.24'],
    ['KB-E2E-05', '2399.95', { period: 'annual', bcd: 1, start: '2012-06-04', end: '2013-06-01' }, '2380.22'],
    ['KB-E2E-07', '249.95', { bcd: 15, start: '2016-05-01', end: '2016-05-15' }, '116.64'],
    ['KB-E2E-08', '249.95', { bcd: 1, start: '2016-06-01', end: '2016-06-15' }, '116.64'],
    ['KB-E2E-10', '599.95', { bcd: 1, start: '2016-05-05', end: '2016-06-01' }, '522.54'],
    ['KB-E2E-13', '19.95', { bcd: 15, start: '2023-05-23', end: '2023-06-15', fixed_days: 30 }, '14.63'],
  ] as const)('%s: the prorated part of %s', (id, price, given, amount) => {
    expect(invoicingCase(id).area).not.toBe('');
    const [piece] = piecesOf({ ...given, start: given.start }, given.start);
    expect(cents(piece?.cycles.times(exact(price)) ?? Exact.zero)).toBe(exact(amount).toDecimal());
  });
});

describe('what is left to bill and to credit', () => {
  const creditOf = (planCents: number, period: Span, unused: Span, creditedCents = 0n): number =>
    Number(
      unusedCredit(
        { planAmountCents: BigInt(planCents), billedCents: BigInt(planCents), creditedCents, period, timezone: 'UTC' },
        unused,
      ).preciseCents.roundToInteger(),
    );
  const january = span('2014-01-01', '2014-02-01');

  it.each([
    ['KB-TREE-11', span('2014-01-01', '2014-01-25'), 0n, 929],
    ['KB-TREE-12', span('2014-01-25', '2014-02-01'), 0n, 271],
    ['KB-TREE-15', span('2014-01-23', '2014-02-01'), 200n, 348],
  ])('%s', (id, unused, credited, amount) => {
    const { expect: expected } = invoicingCase<unknown, { new_items: { amount: string }[] }>(id);
    expect(creditOf(1200, january, unused, credited)).toBe(amount);
    expect(Number(expected.new_items[0]?.amount) * -100).toBeCloseTo(amount);
  });

  it('never more than is left of the fee', () => {
    expect(creditOf(1200, january, january, 1000n)).toBe(200);
    expect(creditOf(1200, january, january, 1300n)).toBe(0);
  });

  it('KB-TREE-04: suspended part-way', () => {
    const period = span('2019-04-27', '2019-05-27');
    expect(creditOf(2995, period, span('2019-05-03', '2019-05-27'))).toBe(2396);
    expect(creditOf(2995, period, period, 2396n)).toBe(599);
  });

  it('KB-TREE-07: suspended across the end of a month', () => {
    const { expect: expected } = invoicingCase<unknown, { net_items: { amount: string }[] }>('KB-TREE-07');
    // Kill Bill gives up the day of the pause; Florin's pause ends with the day before.
    const pauses = [{ pausedAt: at('2014-01-24T12:00:00Z'), resumedAt: at('2014-02-07T00:00:00Z') }];
    const fees = [january, span('2014-02-01', '2014-03-01')].flatMap((period) =>
      billedBetweenPauses(period, pauses, 'UTC').map((billed) => planInvoice(planItem(1200, period, billed)).fee),
    );
    expect(fees).toEqual(expected.net_items.map((item) => Math.round(Number(item.amount) * 100)));
  });
});

describe('usage tiers of blocks', () => {
  interface WireTier {
    readonly block: number;
    readonly max_blocks: number;
    readonly price: string;
  }
  const tiersOf = (tiers: readonly WireTier[]): BlockTier[] =>
    tiers.map(({ block, max_blocks, price }) => ({ block: exact(block), maxBlocks: exact(max_blocks), price: exact(price) }));
  const sum = (amounts: readonly Exact[]): Exact => amounts.reduce((total, amount) => total.plus(amount), Exact.zero);

  it('KB-USE-02', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: WireTier[] }, { per_tier: string[] }, { quantity: number }>('KB-USE-02');
    const amounts = priceBlocks(tiersOf(given.tiers), exact(when.quantity));
    expect(amounts.map((amount) => amount.toDecimal())).toEqual(expected.per_tier.map((amount) => exact(amount).toDecimal()));
  });

  it('KB-USE-07', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<Record<'FOO' | 'BAR', WireTier[]>, { totals: string[] }, { rows: Record<'FOO' | 'BAR', number>[] }>(
      'KB-USE-07',
    );
    const totals = when.rows.map((row) =>
      sum([...priceBlocks(tiersOf(given.FOO), exact(row.FOO)), ...priceBlocks(tiersOf(given.BAR), exact(row.BAR))]),
    );
    expect(totals.map((total) => total.toDecimal())).toEqual(expected.totals.map((total) => exact(total).toDecimal()));
  });

  it('KB-USE-05, and beyond the last tier', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: WireTier[] }, { total: string }, { quantity: number }>('KB-USE-05');
    const tiers = tiersOf(given.tiers);
    expect(priceBlocksByVolume(tiers, exact(when.quantity)).compare(exact(expected.total))).toBe(0);
    expect(priceBlocksByVolume(tiers, exact(10)).toDecimal()).toBe('15');
    expect(priceBlocksByVolume(tiers, exact(5000)).toDecimal()).toBe('2500');
    expect(priceBlocksByVolume([{ block: exact(10), maxBlocks: null, price: exact(3) }], exact(11)).toDecimal()).toBe('6');
    expect(sum(priceBlocks([{ block: exact(10), maxBlocks: null, price: exact(3) }], exact(11))).toDecimal()).toBe('6');
  });

  it('KB-USE-14', () => {
    type Tier = { price: string; max: Record<string, number> | 'open' };
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: Tier[] }, { totals: string[] }, { rows: Record<string, number>[] }>('KB-USE-14');
    const exactly = (row: Record<string, number>) =>
      Object.fromEntries(Object.entries(row).map(([unit, most]) => [unit, exact(most)]));
    const tiers = given.tiers.map(({ price, max }) => ({ price: exact(price), most: max === 'open' ? null : exactly(max) }));
    expect(when.rows.map((row) => priceCapacity(tiers, exactly(row)).toDecimal())).toEqual(
      expected.totals.map((total) => exact(total).toDecimal()),
    );
  });

  it.each([
    ['KB-E2E-16', 100, '2.95', [199, 350], ['5.9', '11.8']],
    ['KB-E2E-17', 100, '2.95', [99], ['2.95']],
    ['KB-E2E-18', 100, '2.95', [50, 300], ['2.95', '8.85']],
    ['KB-E2E-19', 100, '2.95', [0], ['0']],
  ])('%s: blocks of %d at %s', (id, block, price, quantities, amounts) => {
    expect(invoicingCase(id).area).not.toBe('');
    const tiers = [{ block: exact(block), maxBlocks: null, price: exact(price) }];
    expect(quantities.map((units) => sum(priceBlocks(tiers, exact(units))).toDecimal())).toEqual(amounts);
  });

  it('KB-USE-10, KB-USE-11, KB-USE-15: what was billed is taken off, in whole cents', () => {
    const due = (amount: string, billed: string) => cents(exact(amount).rounded('round', 2).minus(exact(billed)));
    expect(due(exact('0.067').times(exact(55)).toDecimal(), '3.69')).toBe('0');
    const blocks = (units: number) =>
      sum(priceBlocks([{ block: exact(100), maxBlocks: null, price: exact(1) }], exact(units))).toDecimal();
    expect([due(blocks(401), '1.00'), due(blocks(199), '1.00')]).toEqual(['4', '1']);
    expect(due('10.00', '1.00')).toBe('9');
  });

  it('KB-USE-12 and KB-USE-13: half-open windows; with an end that counts, the instant after it ends the window', () => {
    const metric: Metric = {
      code: 'u',
      aggregation: 'sum_agg',
      fieldName: 'n',
      expression: null,
      recurring: false,
      rounding: null,
    };
    const event = (time: string, n: number): MeterEvent => ({ timestamp: at(time), code: 'u', properties: { n } });
    const { given, expect: expected } = invoicingCase<{ points: [string, number][] }, { unit: number[] }>('KB-USE-12');
    const windows = [span('2015-03-15', '2015-04-15'), span('2015-04-15', '2015-05-15'), span('2015-05-15', '2015-06-15')];
    const events = given.points.map(([day, n]) => event(day, n));
    const unitsIn = (window: Span, all = events) =>
      Number(aggregate(metric, all, { billed: window, period: window }).units.toDecimal());
    expect(windows.map((window) => unitsIn(window))).toEqual(expected.unit);
    const inclusive = { start: at('2015-03-15T18:10:17Z'), end: at('2015-04-01T11:22:30Z').add({ nanoseconds: 1 }) };
    const points = [event('2015-03-15T18:10:17Z', 12), event('2015-04-01T11:22:30Z', 10), event('2015-04-02', 100)];
    expect(unitsIn(inclusive, points)).toBe(invoicingCase<unknown, { total: number }>('KB-USE-13').expect.total);
  });
});
