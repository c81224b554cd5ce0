import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, intervals, periodAt, periodContaining } from '../../src/domain/calendar/billing-period.ts';
import { localDays } from '../../src/domain/proration/local-days.ts';

const zones = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Cairo',
];
const anchors = fc.record({
  interval: fc.constantFrom(...intervals),
  billingTime: fc.constantFrom('calendar' as const, 'anniversary' as const),
  anchorDate: fc.integer({ min: 0, max: 365 * 25 }).map((days) => Temporal.PlainDate.from('2005-01-01').add({ days })),
  timezone: fc.constantFrom(...zones),
}) satisfies fc.Arbitrary<BillingAnchor>;

const monthly = (anchorDate: string, timezone = 'UTC'): BillingAnchor => ({
  interval: 'monthly',
  billingTime: 'anniversary',
  anchorDate: Temporal.PlainDate.from(anchorDate),
  timezone,
});

describe('billing periods', () => {
  it('tile the time line: each ends where the next begins, and every instant is in exactly one', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 999 }), (anchor, index, permille) => {
        const period = periodAt(anchor, index);
        expect(period.end.equals(periodAt(anchor, index + 1).start)).toBe(true);
        const length = period.end.epochMilliseconds - period.start.epochMilliseconds;
        expect(length).toBeGreaterThan(0);
        const inside = period.start.add({ milliseconds: Math.floor((length * permille) / 1000) });
        expect(periodContaining(anchor, inside).index).toBe(index);
        expect(periodContaining(anchor, period.end).index).toBe(index + 1);
      }),
      { numRuns: 1000 },
    );
  });

  it('clamp to a short month and return: 31 January, 28 February, 31 March', () => {
    expect([0, 1, 2, 3].map((index) => periodAt(monthly('2026-01-31'), index).startDate.toString())).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ]);
    expect(periodAt(monthly('2024-01-31'), 1).startDate.toString()).toBe('2024-02-29');
  });

  it('of a 29 February year fall on 28 February in common years', () => {
    const anchor: BillingAnchor = { ...monthly('2024-02-29'), interval: 'yearly' };
    expect([1, 4].map((index) => periodAt(anchor, index).startDate.toString())).toEqual(['2025-02-28', '2028-02-29']);
  });

  it.each([
    ['weekly', '2026-11-16', '2026-11-23'],
    ['monthly', '2026-11-01', '2026-12-01'],
    ['quarterly', '2026-10-01', '2027-01-01'],
    ['semiannual', '2026-07-01', '2027-01-01'],
    ['yearly', '2026-01-01', '2027-01-01'],
  ] as const)('of the calendar, %s: 19 November 2026 is in %s … %s', (interval, start, end) => {
    const anchor: BillingAnchor = {
      interval,
      billingTime: 'calendar',
      anchorDate: Temporal.PlainDate.from('2026-11-19'),
      timezone: 'UTC',
    };
    const period = periodContaining(anchor, Temporal.Instant.from('2026-11-19T12:00:00Z'));
    expect([period.startDate.toString(), period.endDate.toString()]).toEqual([start, end]);
  });

  it('begin at the first instant of the day where midnight does not exist', () => {
    // Cairo 2014-05-16: clocks went from 00:00 to 01:00.
    const period = periodAt(monthly('2014-04-16', 'Africa/Cairo'), 1);
    expect(period.start.toString()).toBe('2014-05-15T22:00:00Z');
  });
});

describe('local days', () => {
  it.each([
    ['2026-01-15T00:00:00Z', '2026-02-01T00:00:00Z', 'UTC', 17],
    ['2026-01-15T18:30:00Z', '2026-02-01T00:00:00Z', 'UTC', 17],
    ['2026-03-01T05:00:00Z', '2026-04-01T04:00:00Z', 'America/New_York', 31],
    ['2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z', 'Europe/Paris', 30],
    ['2026-01-15T10:00:00Z', '2026-01-15T11:00:00Z', 'UTC', 1],
    ['2026-01-15T10:00:00Z', '2026-01-15T10:00:00Z', 'UTC', 0],
  ])('%s to %s in %s is %d', (start, end, zone, days) => {
    expect(localDays(Temporal.Instant.from(start), Temporal.Instant.from(end), zone)).toBe(days);
  });

  it('of a period cut at midnights add up to the whole', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 27 }), (anchor, index, cutDay) => {
        const { start, end, startDate, endDate } = periodAt(anchor, index);
        const cutDate = startDate.add({ days: cutDay });
        fc.pre(Temporal.PlainDate.compare(cutDate, endDate) < 0);
        const cut = cutDate.toZonedDateTime(anchor.timezone).startOfDay().toInstant();
        const parts = localDays(start, cut, anchor.timezone) + localDays(cut, end, anchor.timezone);
        expect(parts).toBe(localDays(start, end, anchor.timezone));
      }),
    );
  });
});
