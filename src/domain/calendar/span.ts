import type { Temporal } from 'temporal-polyfill';

/** `[start, end)`. */
export interface Span {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
}
