import type { Temporal } from 'temporal-polyfill';

/**
 * When the trial ends: `days` after the external id first started, at the same hour of the local day. An upgrade or a new
 * subscription under the same external id does not renew it. Null without a trial.
 */
export const trialEnd = (firstStartedAt: Temporal.Instant, days: number, timezone: string): Temporal.Instant | null =>
  days > 0 ? firstStartedAt.toZonedDateTimeISO(timezone).add({ days }).toInstant() : null;
