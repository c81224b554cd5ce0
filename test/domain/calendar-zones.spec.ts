import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, intervals, periodAt, periodContaining } from '../../src/domain/calendar/billing-period.ts';
import type { Span } from '../../src/domain/calendar/span.ts';
import { billingStep } from '../../src/domain/lifecycles/billing-step.ts';
import { localDays, prorationOf } from '../../src/domain/proration/local-days.ts';

const zones = Intl.supportedValuesOf('timeZone');
const billingTimes = ['calendar', 'anniversary'] as const;
const perYear = { weekly: 52, monthly: 12, quarterly: 4, semiannual: 2, yearly: 1 } as const;
const years = 30;

const dates = fc.integer({ min: 0, max: 365 * 25 }).map((days) => Temporal.PlainDate.from('1998-01-01').add({ days }));
const anchors = fc.record({
  interval: fc.constantFrom(...intervals),
  billingTime: fc.constantFrom(...billingTimes),
  anchorDate: dates,
  timezone: fc.constantFrom(...zones),
}) satisfies fc.Arbitrary<BillingAnchor>;

const stepAfter = (anchor: BillingAnchor, current: Span, since = current.start) =>
  billingStep({ anchor, current, since, end: null });

/** Steps through the periods from one to the next as the generator does, and compares each with the calendar's own. */
function walk(anchor: BillingAnchor, from: number, count: number): number {
  let current: Span = periodAt(anchor, from);
  const since = current.start;
  for (let index = from; index < from + count; index++) {
    const { next, plan } = stepAfter(anchor, current, since);
    const own = periodAt(anchor, index + 1);
    if (!next?.start.equals(own.start) || !next.end.equals(own.end) || !plan.arrears?.billed.end.equals(own.start))
      throw new Error(`${anchor.timezone} ${anchor.interval} ${anchor.anchorDate.toString()} #${index}: ${JSON.stringify(next)}`);
    current = next;
  }
  return count;
}

describe('periods in every time zone', () => {
  it(`knows them: ${zones.length}`, () => {
    expect(zones.length).toBeGreaterThan(400);
  });

  it('tile thirty years without gap or overlap, and asking again answers the same', () => {
    const sample = fc.sample(anchors, { numRuns: zones.length, seed: 42 });
    let walked = 0;
    for (const [position, timezone] of zones.entries()) {
      const anchor = { ...(sample[position] as BillingAnchor), timezone };
      // All years of the long intervals; of the short ones the first and the last.
      walked += walk({ ...anchor, interval: 'yearly' }, 0, years);
      const last = years * perYear[anchor.interval];
      walked += walk(anchor, 0, 3) + walk(anchor, last - 3, 3);
    }
    expect(walked).toBe(zones.length * (years + 6));
  });

  it('hold every instant exactly once, for any anchor, zone and distance', () => {
    fc.assert(
      fc.property(
        anchors,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 999 }),
        (anchor, where, permille) => {
          const index = Math.floor(where * years * perYear[anchor.interval]);
          const { start, end } = periodAt(anchor, index);
          const inside = start.add({
            milliseconds: Math.floor(((end.epochMilliseconds - start.epochMilliseconds) * permille) / 1000),
          });
          expect(periodContaining(anchor, inside).index).toBe(index);
          expect(periodContaining(anchor, end).index).toBe(index + 1);
          const cut = { start: inside, end };
          expect(stepAfter(anchor, cut).plan.arrears).toMatchObject({ period: { start, end }, billed: cut });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of days cut in two add up to the whole', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 999 }), (anchor, index, permille) => {
        const { start, end, startDate } = periodAt(anchor, index);
        const days = localDays(start, end, anchor.timezone);
        const cut = startDate.add({ days: Math.floor((days * permille) / 1000) });
        const at = cut.toZonedDateTime(anchor.timezone).startOfDay().toInstant();
        expect(localDays(start, at, anchor.timezone) + localDays(at, end, anchor.timezone)).toBe(days);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a customer who moves to another zone', () => {
  it('has periods that go on from one another, one per period, never more than a whole one to pay', () => {
    fc.assert(
      fc.property(anchors, fc.constantFrom(...zones), fc.integer({ min: 1, max: 100 }), (anchor, timezone, index) => {
        const moved = { ...anchor, timezone };
        const { start: since, ...current } = periodAt(anchor, index);
        const first = stepAfter(moved, { start: since, end: current.end }, since.subtract({ hours: 1 })).next;
        if (!first) throw new Error('nothing follows');
        expect(first.start).toEqual(current.end);
        const { next: second, plan } = stepAfter(moved, first, since);
        const { period, billed } = plan.arrears ?? { period: first, billed: null };
        expect(billed).toEqual(first);
        const hours = (span: Span) => (span.end.epochMilliseconds - span.start.epochMilliseconds) / 3_600_000;
        expect(Math.abs(hours(first) - hours(period))).toBeLessThanOrEqual(26);
        const proration = prorationOf(period, first, timezone);
        expect(proration?.billableDays ?? 1).toBeLessThanOrEqual(proration?.periodDays ?? 1);
        expect(second?.start).toEqual(first.end);
        expect(periodContaining(moved, first.end).start).toEqual(first.end);
      }),
      { numRuns: 300 },
    );
  });
});
