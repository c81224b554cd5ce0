const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after the first, second … try: about three days in all, as long as Stripe itself would try. */
const pausesMs = [
  5 * second,
  15 * second,
  minute,
  5 * minute,
  15 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
];

/** The same for what names nothing that is known here: an hour in all. */
const foreignPausesMs = [5 * second, 15 * second, minute, 5 * minute, 15 * minute, 39 * minute];

/** Milliseconds until the next try, with up to a fifth of jitter; undefined after the last one. */
export function pauseAfter(attempt: number, { isForeign = false }: { isForeign?: boolean } = {}): number | undefined {
  const pause = (isForeign ? foreignPausesMs : pausesMs)[attempt - 1];
  return pause === undefined ? undefined : Math.round(pause * (1 + Math.random() / 5));
}
