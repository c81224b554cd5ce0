import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, periodContaining } from '../../src/domain/calendar/billing-period.ts';
import type { Span } from '../../src/domain/calendar/span.ts';
import { billingStep } from '../../src/domain/lifecycles/billing-step.ts';
import { unusedCredit } from '../../src/domain/lifecycles/unused-credit.ts';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import type { MeterEvent } from '../../src/domain/metering/meter-event.ts';
import type { Metric } from '../../src/domain/metering/metric.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { type DayCount, prorationFraction, prorationOf } from '../../src/domain/proration/local-days.ts';
import { invoicingCase, invoicingIds } from './cases.ts';
import { at, planInvoice, planItem, span } from './worlds.ts';

const date = (text: string) => Temporal.PlainDate.from(text);
const exact = (value: string | number) => Exact.parse(String(value));
const intervals = { monthly: 'monthly', quarterly: 'quarterly', annual: 'yearly' } as const;
const cents = (amount: Exact): string => amount.rounded('round', 2).toDecimal();

interface Piece {
  readonly from: Temporal.PlainDate;
  readonly to: Temporal.PlainDate;
  /** Part of a cycle; Kill Bill rounds it half up at nine decimals before it multiplies. */
  readonly cycles: Exact;
}

/** The anchor of Kill Bill's billing day: in a month of the cycle that has this day, at or before the start. */
function anchorOn(period: keyof typeof intervals, billingDay: number, start: Temporal.PlainDate): BillingAnchor {
  const months = { monthly: 1, quarterly: 3, annual: 12 }[period];
  let month = start.with({ day: 1 });
  while (month.daysInMonth < billingDay) month = month.subtract({ months });
  return {
    interval: intervals[period],
    billingTime: 'anniversary',
    anchorDate: month.with({ day: billingDay }),
    timezone: 'UTC',
  };
}

/** What a plan in advance bills from its start on, step by step, as the generator does; pieces that begin by `upTo`. */
function piecesOf(
  given: { period?: keyof typeof intervals; bcd: number; start: string; end?: string | null; fixed_days?: 30 },
  upTo: string,
): readonly Piece[] {
  const anchor = anchorOn(given.period ?? 'monthly', given.bcd, date(given.start));
  const since = at(given.start);
  const end = given.end ? { at: at(given.end), how: 'replaced' as const } : null;
  const dayCount: DayCount = given.fixed_days ? 'thirty_day_months' : 'actual';
  const pieces: Piece[] = [];
  for (let current: Span | null = { start: since, end: since }; current;) {
    const { plan, next }: ReturnType<typeof billingStep> = billingStep({ anchor, current, since, end });
    if (!plan.advance || Temporal.Instant.compare(plan.advance.billed.start, at(upTo)) > 0) break;
    const { period, billed } = plan.advance;
    const proration = prorationOf(period, billed, 'UTC', dayCount);
    const dayOf = (instant: Temporal.Instant) => instant.toZonedDateTimeISO('UTC').toPlainDate();
    const cycles = proration ? prorationFraction(proration).rounded('round', 9) : Exact.one;
    pieces.push({ from: dayOf(billed.start), to: dayOf(billed.end), cycles });
    current = next;
  }
  return pieces;
}

const shown = (pieces: readonly Piece[], price: string) =>
  pieces.map(({ from, to, cycles }) => ({
    from: from.toString(),
    to: to.toString(),
    amount: Number(cents(cycles.times(exact(price)))),
  }));

describe('proration by billing day', () => {
  /** The stub before a billing day that the month does not have: see the table in cases/README.md. */
  const clampedStubs = ['KB-PRO-035', 'KB-PRO-086'];

  it.each(clampedStubs)('%s: the period before a clamped day begins on the day that is meant', (id) => {
    const { given, when } = invoicingCase<Parameters<typeof piecesOf>[0], unknown, { invoice_up_to: string }>(id);
    const days = given.period === 'monthly' ? '0.5' : '0.155555556';
    const [stub, whole] = piecesOf(given, when.invoice_up_to);
    expect([stub?.from.toString(), stub?.to.toString(), stub?.cycles.toDecimal()]).toEqual(['2011-02-14', '2011-02-28', days]);
    expect(whole?.cycles.toDecimal()).toBe('1');
  });

  it.each(invoicingIds(/^proration\/in-advance/).filter((id) => !clampedStubs.includes(id)))('%s', (id) => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<
      { period: keyof typeof intervals; bcd: number; start: string; end: string | null },
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
      { days: number[]; ratio: string; same_month: [string, string, number, string][] }
    >('KB-DATE-02');
    const ratioOf = (from: string, to: string) => {
      const anchor = anchorOn('monthly', 15, date(from));
      const proration = prorationOf(periodContaining(anchor, at(from)), span(from, to), 'UTC', 'thirty_day_months');
      return [proration?.billableDays, proration && prorationFraction(proration).rounded('round', 9).toDecimal()];
    };
    expect(given.pairs.map(([from, to]) => ratioOf(from, to))).toEqual(expected.days.map((days) => [days, expected.ratio]));
    for (const [from, to, days, ratio] of expected.same_month) expect(ratioOf(from, to)).toEqual([days, ratio]);
  });

  it('KB-DATE-05: numbers of whole cycles', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ start: string }, { counts: number[] }, { rows: [string, string][] }>('KB-DATE-05');
    const anchorOf = (interval: 'monthly' | 'weekly'): BillingAnchor => ({
      interval,
      billingTime: 'anniversary',
      anchorDate: date(given.start),
      timezone: 'UTC',
    });
    const [monthly, weekly] = [anchorOf('monthly'), anchorOf('weekly')];
    const found = when.rows.map(([name, until]) =>
      name === '30 days' ? null : periodContaining(name === 'weekly' ? weekly : monthly, at(until)).index,
    );
    // Florin has no interval of so many days.
    expect(found).toEqual(expected.counts.map((count, i) => (when.rows[i]?.[0] === '30 days' ? null : count)));
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

  it('KB-E2E-25: weeks', () => {
    const anchor = { interval: 'weekly', billingTime: 'anniversary', anchorDate: date('2015-05-01'), timezone: 'UTC' } as const;
    expect(periodContaining(anchor, at('2015-05-01')).endDate.toString()).toBe('2015-05-08');
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
    const anchor = anchorOn('monthly', 1, date('2014-01-01'));
    const paused = at('2014-01-25T12:00:00Z');
    const resumed = at('2014-02-07');
    const steps = [
      { current: { start: january.start, end: paused }, since: january.start, end: { at: paused, how: 'paused' as const } },
      { current: { start: resumed, end: at('2014-03-01') }, since: resumed, end: null },
    ];
    const fees = steps.map((step) => {
      const { arrears } = billingStep({ anchor, ...step }).plan;
      return arrears && planInvoice(planItem(1200, arrears.period, arrears.billed)).fee;
    });
    expect(fees).toEqual(expected.net_items.map((item) => Math.round(Number(item.amount) * 100)));
  });
});

describe('usage tiers of blocks', () => {
  interface WireTier {
    readonly block: number;
    readonly max_blocks: number;
    readonly price: string;
  }
  const priceOf = (model: string, properties: object, units: number): string =>
    priceUsage(pricingOf(model, properties).model, { units: exact(units), eventsCount: 1n }, 'USD').amount.toDecimal();
  /** Blocks of one price: a package. */
  const blocks = (size: number, price: string, units: number) => priceOf('package', { amount: price, package_size: size }, units);
  /** Tiers of single units; the last one is open. */
  const ranges = (tiers: readonly WireTier[]) => {
    let top = 0;
    return tiers.map((tier, i) => {
      const from = i === 0 ? 0 : top + 1;
      top += tier.max_blocks;
      const to = i === tiers.length - 1 ? null : top;
      return { from_value: from, to_value: to, per_unit_amount: tier.price, flat_amount: '0' };
    });
  };

  it('KB-USE-02: each tier a package of its own', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: WireTier[] }, { per_tier: string[] }, { quantity: number }>('KB-USE-02');
    let left = when.quantity;
    const amounts = given.tiers.map(({ block, max_blocks, price }) => {
      const units = Math.min(left, block * max_blocks);
      left -= units;
      return blocks(block, price, units);
    });
    expect(amounts).toEqual(expected.per_tier.map((amount) => exact(amount).toDecimal()));
  });

  it('KB-USE-07: graduated', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<Record<'FOO' | 'BAR', WireTier[]>, { totals: string[] }, { rows: Record<'FOO' | 'BAR', number>[] }>(
      'KB-USE-07',
    );
    const graduated = (unit: 'FOO' | 'BAR', units: number) =>
      exact(priceOf('graduated', { graduated_ranges: ranges(given[unit]) }, units));
    const totals = when.rows.map((row) => graduated('FOO', row.FOO).plus(graduated('BAR', row.BAR)).toDecimal());
    expect(totals).toEqual(expected.totals.map((total) => exact(total).toDecimal()));
  });

  it('KB-USE-05: volume', () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: WireTier[] }, { total: string }, { quantity: number }>('KB-USE-05');
    const volume = (units: number) => priceOf('volume', { volume_ranges: ranges(given.tiers) }, units);
    expect([volume(when.quantity), volume(10), volume(5000)]).toEqual([exact(expected.total).toDecimal(), '15', '2500']);
  });

  it('KB-USE-14: a flat amount by the peak of each unit; the dearest tier that any of them needs', () => {
    type Tier = { price: string; max: Record<string, number> | 'open' };
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tiers: Tier[] }, { totals: string[] }, { rows: Record<string, number>[] }>('KB-USE-14');
    const flat = (unit: string, peak: number) => {
      let top = -1;
      const tiers = given.tiers.map(({ price, max }) => {
        const from = top + 1;
        const to = max === 'open' ? null : (max[unit] ?? null);
        top = to ?? top;
        return { from_value: from, to_value: to, per_unit_amount: '0', flat_amount: price };
      });
      return exact(priceOf('volume', { volume_ranges: tiers }, peak));
    };
    const totals = when.rows.map((row) =>
      Object.entries(row)
        .map(([unit, peak]) => flat(unit, peak))
        .reduce((most, amount) => most.atLeast(amount))
        .toDecimal(),
    );
    expect(totals).toEqual(expected.totals.map((total) => exact(total).toDecimal()));
  });

  it.each([
    ['KB-E2E-16', 100, '2.95', [199, 350], ['5.9', '11.8']],
    ['KB-E2E-17', 100, '2.95', [99], ['2.95']],
    ['KB-E2E-18', 100, '2.95', [50, 300], ['2.95', '8.85']],
    ['KB-E2E-19', 100, '2.95', [0], ['0']],
  ])('%s: blocks of %d at %s', (id, size, price, quantities, amounts) => {
    expect(invoicingCase(id).area).not.toBe('');
    expect(quantities.map((units) => blocks(size, price, units))).toEqual(amounts);
  });

  it('KB-USE-10, KB-USE-11, KB-USE-15: what was billed is taken off, in whole cents', () => {
    const due = (amount: string, billed: string) => cents(exact(amount).rounded('round', 2).minus(exact(billed)));
    expect(due(exact('0.067').times(exact(55)).toDecimal(), '3.69')).toBe('0');
    expect([due(blocks(100, '1', 401), '1.00'), due(blocks(100, '1', 199), '1.00')]).toEqual(['4', '1']);
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
