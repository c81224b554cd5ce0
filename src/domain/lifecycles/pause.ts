import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { endOfUse, without } from '../calendar/spans.ts';

/** From the pause until the resumption; null: still paused. */
export interface Pause {
  readonly pausedAt: Temporal.Instant;
  readonly resumedAt: Temporal.Instant | null;
}

/** The spans that are billed in spite of the pauses: the day of a pause is used, the day of a resumption is billed. */
export const billedBetweenPauses = (span: Span, pauses: readonly Pause[], timezone: string): readonly Span[] =>
  without(
    span,
    pauses.map(({ pausedAt, resumedAt }) => ({
      start: endOfUse(pausedAt, timezone, 'used'),
      end: resumedAt ? endOfUse(resumedAt, timezone, 'given_up') : span.end,
    })),
  );
