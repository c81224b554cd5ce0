import { invalid, resourceMissing } from './errors.ts';

interface Page {
  limit?: number;
  starting_after?: string;
  ending_before?: string;
}

/** A page of a list; lists hold the newest first. */
export function listOf<T extends { id: string }>(
  all: readonly T[],
  page: Page,
  url: string,
): { object: 'list'; data: T[]; has_more: boolean; url: string } {
  const limit = page.limit ?? 10;
  if (limit < 1 || limit > 100) throw invalid('Limit must be between 1 and 100', { param: 'limit' });
  if (page.starting_after !== undefined && page.ending_before !== undefined)
    throw invalid('You cannot parameterize both starting_after and ending_before.', { param: 'starting_after' });
  const at = (cursor: string, param: string): number => {
    const position = all.findIndex(({ id }) => id === cursor);
    if (position < 0) throw resourceMissing('object', cursor, param);
    return position;
  };
  if (page.ending_before !== undefined) {
    const end = at(page.ending_before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: all.slice(start, end), has_more: start > 0, url };
  }
  const start = page.starting_after === undefined ? 0 : at(page.starting_after, 'starting_after') + 1;
  return { object: 'list', data: all.slice(start, start + limit), has_more: start + limit < all.length, url };
}

/** A list inside an object: as many as Stripe prints there. */
export function listWithin<T>(
  all: readonly T[],
  url: string,
  limit = 10,
): { object: 'list'; data: T[]; has_more: boolean; url: string } {
  return { object: 'list', data: all.slice(0, limit), has_more: all.length > limit, url };
}

type Range = number | { gt?: number; gte?: number; lt?: number; lte?: number } | undefined;

/** `created=5` or `created[gte]=5`. */
export function inRange(value: number | null, range: Range): boolean {
  if (range === undefined) return true;
  if (value === null) return false;
  if (typeof range === 'number') return value === range;
  return (
    (range.gt === undefined || value > range.gt) &&
    (range.gte === undefined || value >= range.gte) &&
    (range.lt === undefined || value < range.lt) &&
    (range.lte === undefined || value <= range.lte)
  );
}

/** Equal, or not asked for. */
export const matches = <T>(value: T, wanted: T | undefined): boolean => wanted === undefined || value === wanted;
