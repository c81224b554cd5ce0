import { Exact } from './exact.ts';

/** Longer numbers than `numeric(40, 15)` holds are a mistake. */
const longestText = 60;

/** The decimal that a JSON value stands for; undefined for NaN, infinities, other text and other types. */
export function readDecimal(value: unknown): Exact | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = `${value}`;
  if (text.length > longestText) return undefined;
  try {
    return Exact.parse(text);
  } catch {
    return undefined;
  }
}
