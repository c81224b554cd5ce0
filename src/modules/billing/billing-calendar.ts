import type { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, periodContaining } from '../../domain/calendar/billing-period.ts';
import { nextPeriod } from '../../domain/lifecycles/begin-subscription.ts';

const maxKnown = 10_000;

/**
 * Remembers the answers of a pure question to the calendar. What is due together mostly shares zone, anchor and period, and
 * asking a time zone takes longer than pricing an invoice. Calendar periods are the same whatever their anchor date.
 */
function remembered<Answer>(ask: (anchor: BillingAnchor, at: Temporal.Instant, until: Temporal.Instant | null) => Answer) {
  const known = new Map<string, Answer>();
  return (anchor: BillingAnchor, at: Temporal.Instant, until: Temporal.Instant | null = null): Answer => {
    const origin = anchor.billingTime === 'calendar' ? '' : anchor.anchorDate.toString();
    const key = `${anchor.interval} ${anchor.timezone} ${origin} ${at.epochMilliseconds} ${until?.epochMilliseconds ?? ''}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= maxKnown) known.clear();
    const answer = ask(anchor, at, until);
    known.set(key, answer);
    return answer;
  };
}

/** The whole period that contains the instant. */
export const periodAround = remembered((anchor, at) => {
  const { start, end } = periodContaining(anchor, at);
  return { start, end };
});

/** The period after a billed one, cut at the termination; null when nothing is left to bill. */
export const periodAfter = remembered(nextPeriod);
