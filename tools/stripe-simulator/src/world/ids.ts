import { randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `cus_` and fourteen letters, the others like `sub_1` and twenty-three: Stripe's own lengths. */
export function newId(prefix: string): string {
  const length = prefix === 'cus' || prefix === 'prod' || prefix === 'si' || prefix === 'req' ? 14 : 24;
  return `${prefix}_${length === 24 ? `1${letters(23)}` : letters(14)}`;
}

export function letters(count: number): string {
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join('');
}
