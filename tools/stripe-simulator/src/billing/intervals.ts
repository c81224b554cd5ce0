import type { Stripe } from 'stripe';

/**
 * The anchor plus so many intervals, in UTC; a day the month does not have becomes its last. Always counted from the anchor, so
 * that a 31st comes back after February. Unix seconds.
 */
export function addIntervals(
  anchor: number,
  { interval, interval_count }: Pick<Stripe.Price.Recurring, 'interval' | 'interval_count'>,
  times = 1,
): number {
  const count = interval_count * times;
  if (interval === 'day') return anchor + count * 86_400;
  if (interval === 'week') return anchor + count * 7 * 86_400;
  const date = new Date(anchor * 1000);
  const month = date.getUTCMonth() + count * (interval === 'year' ? 12 : 1);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return (
    Date.UTC(
      date.getUTCFullYear(),
      month,
      Math.min(date.getUTCDate(), lastDay),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    ) / 1000
  );
}

/** The period of the anchored cycle in which a second lies. */
export function periodAround(second: number, anchor: number, recurring: Stripe.Price.Recurring): { start: number; end: number } {
  const length = addIntervals(anchor, recurring) - anchor;
  let times = Math.floor((second - anchor) / length) - 1;
  while (addIntervals(anchor, recurring, times + 1) <= second) times += 1;
  while (addIntervals(anchor, recurring, times) > second) times -= 1;
  return { start: addIntervals(anchor, recurring, times), end: addIntervals(anchor, recurring, times + 1) };
}
