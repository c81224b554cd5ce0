import type { Stripe } from 'stripe';
import { invalid } from '../http/errors.ts';

type Values = { [key: string]: string | number | null } | '' | null | undefined;

/** Stripe's rules: at most 50 keys of 40 characters, values of 500; an empty value removes the key, empty metadata all. */
export function mergeMetadata(former: Stripe.Metadata | null, values: Values): Stripe.Metadata {
  if (values === undefined) return former ?? {};
  if (values === '' || values === null) return {};
  const merged: Stripe.Metadata = { ...former };
  for (const [key, value] of Object.entries(values)) {
    if (key.length > 40) throw invalid(`Metadata keys can be at most 40 characters long: ${key}`, { param: `metadata[${key}]` });
    const text = value === null ? '' : String(value);
    if (text.length > 500)
      throw invalid(
        `Metadata values can have up to 500 characters, but you passed in a value that is ${text.length} characters.`,
        {
          param: `metadata[${key}]`,
        },
      );
    if (text === '') delete merged[key];
    else Object.defineProperty(merged, key, { value: text, enumerable: true, configurable: true, writable: true });
  }
  if (Object.keys(merged).length > 50) throw invalid('You can have up to 50 metadata keys.', { param: 'metadata' });
  return merged;
}

/** Copies the parameters that were sent; an empty text clears the field. */
export function copyFields<T extends object, P extends object>(
  target: T,
  params: P,
  names: readonly (keyof T & keyof P)[],
): void {
  for (const name of names) {
    const value: unknown = params[name];
    if (value !== undefined) Object.assign(target, { [name]: value === '' ? null : value });
  }
}

/** A reference as an id, whether it was expanded or not. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  reference ? (typeof reference === 'string' ? reference : reference.id) : null;
