import type { Temporal } from 'temporal-polyfill';

/** A usage event as the reference reducers see it. Its place in a list is its place of arrival and breaks ties of time. */
export interface MeterEvent {
  readonly timestamp: Temporal.Instant;
  readonly code: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Minor units, decimal text: what a dynamic charge bills. */
  readonly preciseTotalAmountCents?: string | null;
}
