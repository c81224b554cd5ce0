import { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { splitAt } from '../calendar/spans.ts';

/**
 * When the trial ends: `days` after the external id first started, at the same hour of the local day. An upgrade or a new
 * subscription under the same external id does not renew it. Null without a trial.
 */
export const trialEnd = (firstStartedAt: Temporal.Instant, days: number, timezone: string): Temporal.Instant | null =>
  days > 0 ? firstStartedAt.toZonedDateTimeISO(timezone).add({ days }).toInstant() : null;

/** The part of a span in which the plan is paid for: from the trial's end on. Usage is billed all the time (Lago). */
export const afterTrial = (span: Span, trialEndsAt: Temporal.Instant | null): Span =>
  trialEndsAt ? splitAt(span, trialEndsAt)[1] : span;
