import { decimalText } from '../../platform/http/strict-json.ts';

/** An object of Stripe as it came: nothing is sure of any field. */
export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** The first of these paths that holds something. Own keys only: `__proto__` is a legal metadata key of Stripe's. */
export function at(object: unknown, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    let value: unknown = object;
    for (const key of path.split('.')) {
      const fields = fieldsOf(value);
      value = fields && Object.hasOwn(fields, key) ? fields[key] : undefined;
    }
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** Text that PostgreSQL can hold: Stripe's may have NUL and lone surrogates. */
export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length > 0 ? value.replaceAll('\0', '').toWellFormed() : null;

/** A reference: an id, an expanded object, a deleted stub, or nothing. */
export const refOf = (value: unknown): string | null => textOf(value) ?? textOf(at(value, 'id'));

/** Whole minor units, with every digit. */
export function wholeOf(value: unknown): bigint {
  const text = decimalText(value);
  return text !== undefined && /^-?\d{1,30}$/.test(text) ? BigInt(text) : 0n;
}

/** A decimal as Stripe writes it, as number or text; null for anything else. */
export function decimalOf(value: unknown): string | null {
  const text = decimalText(value);
  return text !== undefined && /^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? text : null;
}

/** A currency's code as ours; dollars where older payloads name none. */
export const currencyOf = (object: Fields): string => (textOf(object['currency']) ?? 'usd').toUpperCase();

/** Epoch seconds as ISO text. */
export function instantOf(value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value > 99_999_999_999) return null;
  return new Date(value * 1_000).toISOString();
}

/** Items of a list object (`{data: […]}`) or of an array. */
export function itemsOf(value: unknown): readonly Fields[] {
  const items = (Array.isArray(value) ? value : at(value, 'data')) as unknown;
  if (!Array.isArray(items)) return [];
  return (items as unknown[]).map(fieldsOf).filter((item) => item !== undefined);
}

export const sumOf = (items: readonly Fields[], field: string): bigint =>
  items.reduce((sum, item) => sum + wholeOf(item[field]), 0n);

/** The object as it was before an `*.updated`: what changed is named with its old values. */
export const before = (object: Fields, previous: Fields | undefined): Fields | null =>
  previous ? { ...object, ...previous } : null;
