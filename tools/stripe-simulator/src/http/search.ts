import { invalid } from './errors.ts';

type Json = Record<string, unknown>;

const clause =
  /^(-)?\s*(?:metadata\[(["'])(.+?)\2\]|([a-z_]+(?:\.[a-z_]+)*))\s*(:|~|>=|<=|>|<)\s*(?:(["'])(.*?)\6|(-?\d+(?:\.\d+)?|null))$/;

function valueAt(object: Json, metadataKey: string | undefined, path: string | undefined): unknown {
  if (metadataKey !== undefined) return (object['metadata'] as Json | null)?.[metadataKey];
  return (path ?? '').split('.').reduce<unknown>((value, key) => (value as Json | null | undefined)?.[key], object);
}

function holds(value: unknown, operator: string, wanted: string): boolean {
  if (wanted === 'null') return value === undefined || value === null;
  const text = value === undefined || value === null ? '' : String(value);
  if (operator === '~') return text.toLowerCase().includes(wanted.toLowerCase());
  if (operator === ':') return text === wanted;
  const [left, right] = [Number(text), Number(wanted)];
  if (operator === '>') return left > right;
  if (operator === '>=') return left >= right;
  return operator === '<' ? left < right : left <= right;
}

/** Stripe's search language: clauses joined by AND or by OR, `metadata['key']:'value'`, `-` in front negates. */
export function search<T extends object>(
  all: readonly T[],
  params: { query: string; limit?: number; page?: string },
  url: string,
): { object: 'search_result'; data: T[]; has_more: boolean; next_page: string | null; url: string } {
  const or = / OR /.test(params.query);
  const tests = params.query.split(or ? / OR / : / AND /).map((text) => {
    const found = clause.exec(text.trim());
    if (!found) throw invalid(`We were unable to parse your search query: ${params.query}`, { param: 'query' });
    const [, not, , metadataKey, path, operator = ':', , quoted, bare] = found;
    return (object: T): boolean =>
      holds(valueAt(object as Json, metadataKey, path), operator, quoted ?? bare ?? '') === (not === undefined);
  });
  const hits = all.filter((object) => (or ? tests.some((test) => test(object)) : tests.every((test) => test(object))));
  const start = params.page ? Number(params.page) : 0;
  const end = start + (params.limit ?? 10);
  return {
    object: 'search_result',
    data: hits.slice(start, end),
    has_more: end < hits.length,
    next_page: end < hits.length ? String(end) : null,
    url,
  };
}
