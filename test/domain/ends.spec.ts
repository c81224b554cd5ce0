import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, intervals, periodContaining } from '../../src/domain/calendar/billing-period.ts';
import { localDateOf } from '../../src/domain/calendar/local-day.ts';
import type { Span } from '../../src/domain/calendar/span.ts';
import { splitAt } from '../../src/domain/calendar/spans.ts';
import { type BillingStep, billingStep, type ItemSpan } from '../../src/domain/lifecycles/billing-step.ts';
import { endOfBilledDays } from '../../src/domain/lifecycles/end-subscription.ts';

interface Life {
  readonly anchor: BillingAnchor;
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
}

const hours = (count: number) => count * 3_600_000;
const zones = [
  'UTC',
  'Europe/Paris',
  'America/Los_Angeles',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Cairo',
  'America/Santiago',
];
const compare = Temporal.Instant.compare;

/** A subscription of up to 200 days; half of them end on the first day of a period: in its first instant, or at any time of that day. */
const lives: fc.Arbitrary<Life> = fc
  .record({
    timezone: fc.constantFrom(...zones),
    interval: fc.constantFrom(...intervals),
    billingTime: fc.constantFrom('calendar' as const, 'anniversary' as const),
    startMs: fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2026, 11, 31) }),
    lengthMs: fc.integer({ min: 0, max: hours(200 * 24) }),
    ends: fc.constantFrom('anywhere', 'anywhere', 'at a boundary', 'on a first day'),
    intoDayMs: fc.integer({ min: 1, max: hours(20) }),
  })
  .map(({ timezone, interval, billingTime, startMs, lengthMs, ends, intoDayMs }) => {
    const start = Temporal.Instant.fromEpochMilliseconds(startMs);
    const anchor = { interval, billingTime, timezone, anchorDate: localDateOf(start, timezone) };
    const anywhere = start.add({ milliseconds: lengthMs });
    const boundary = periodContaining(anchor, anywhere).end;
    const end = ends === 'anywhere' ? anywhere : ends === 'at a boundary' ? boundary : boundary.add({ milliseconds: intoDayMs });
    return { anchor, start, end };
  });

/** The boundaries up to the end. An announced end holds back the boundary of its day; who ends at once may come before a run or after it. */
function stepsOf({ anchor, start, end }: Life, inAdvance: boolean, ending: 'announced' | 'before the run' | 'after the run') {
  const at = { at: end, how: 'terminated' as const };
  const steps: BillingStep[] = [];
  let current: Span = { start, end: inAdvance ? start : periodContaining(anchor, start).end };
  const isHeldBack = () =>
    ending === 'announced' && localDateOf(current.end, anchor.timezone).equals(localDateOf(end, anchor.timezone));
  while (compare(current.end, end) < (ending === 'after the run' ? 1 : 0) && !isHeldBack()) {
    const step = billingStep({ anchor, current, since: start, end: null });
    steps.push(step);
    current = step.next ?? current;
  }
  let last: Span | null = { start: current.start, end: compare(current.end, end) < 0 ? current.end : end };
  while (last) {
    const step = billingStep({ anchor, current: last, since: start, end: at });
    steps.push(step);
    last = step.next;
  }
  return steps;
}

const daysOf = ({ start, end }: Span, timezone: string): number =>
  localDateOf(start, timezone).until(localDateOf(end, timezone), { largestUnit: 'days' }).days;

const spansOf = (steps: readonly BillingStep[], kind: 'arrears' | 'advance'): ItemSpan[] =>
  steps.flatMap(({ plan }) => plan[kind] ?? []);

/** What stays billed: in advance less what is given back. */
function daysBilled({ anchor, start, end }: Life, steps: readonly BillingStep[], inAdvance: boolean): number {
  const { timezone } = anchor;
  const kept = spansOf(steps, inAdvance ? 'advance' : 'arrears').map(({ period, billed }) =>
    inAdvance ? splitAt(billed, endOfBilledDays({ at: end, how: 'terminated' }, timezone, { period, since: start }))[0] : billed,
  );
  return kept.reduce((sum, span) => sum + daysOf(span, timezone), 0);
}

describe('the days of a subscription that ends', () => {
  it('are those from its first to its last, the last one too unless a period would begin with it', () => {
    fc.assert(
      fc.property(
        lives,
        fc.boolean(),
        fc.constantFrom('announced', 'before the run', 'after the run'),
        (life, inAdvance, ending) => {
          const { anchor, start, end } = life;
          // What is paid at its start and ends in that very instant, before a run, was never billed.
          fc.pre(!(inAdvance && start.equals(end) && ending !== 'after the run'));
          const [first, last] = [localDateOf(start, anchor.timezone), localDateOf(end, anchor.timezone)];
          const beginsPeriod = periodContaining(anchor, end).startDate.equals(last) && !last.equals(first);
          const days = first.until(last, { largestUnit: 'days' }).days + (beginsPeriod ? 0 : 1);
          expect(daysBilled(life, stepsOf(life, inAdvance, ending), inAdvance)).toBe(days);
        },
      ),
      { numRuns: 400 },
    );
  });
});
