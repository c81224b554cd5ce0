import type { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, periodContaining } from '../../domain/calendar/billing-period.ts';
import type { Span } from '../../domain/calendar/span.ts';

const maxKnown = 10_000;
const known = new Map<string, Span>();

/**
 * The whole period that contains the instant, remembered. What is due together mostly shares zone, anchor and period, and asking
 * a time zone takes longer than pricing an invoice. Calendar periods are the same whatever their anchor date.
 */
export function periodAround(anchor: BillingAnchor, at: Temporal.Instant): Span {
  const origin = anchor.billingTime === 'calendar' ? '' : anchor.anchorDate.toString();
  const key = `${anchor.interval} ${anchor.timezone} ${origin} ${at.epochMilliseconds}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= maxKnown) known.clear();
  const { start, end } = periodContaining(anchor, at);
  const answer = { start, end };
  known.set(key, answer);
  return answer;
}
