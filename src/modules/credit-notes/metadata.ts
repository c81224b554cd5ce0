import { invalid } from '../../domain/errors/billing-error.ts';

/** What others want to find on a credit note, in their own words; nothing is null. */
export type Metadata = Readonly<Record<string, string | null>> | null;

/** Lago's limits; `ck_credit_notes_metadata` says the same. */
const [mostKeys, longestKey, longestValue] = [50, 100, 255];

/** Several pairs given to what there was (none: replaces all). @throws BillingError validation_errors, with the key that is wrong */
export function withMetadata(current: Metadata, given: Readonly<Record<string, unknown>> | null): Metadata {
  const wrong = Object.entries(given ?? {}).flatMap(([key, value]) => {
    const reason = reasonAgainst(key, value);
    return reason === null ? [] : [[`metadata.${key.slice(0, longestKey)}`, [reason]] as const];
  });
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));
  const merged = { ...current, ...(given as Metadata) };
  const keys = Object.keys(merged).length;
  if (keys > mostKeys) throw invalid({ metadata: ['exceeded_limit'] });
  return keys === 0 ? null : merged;
}

function reasonAgainst(key: string, value: unknown): string | null {
  if (key.trim() === '') return 'key_is_invalid';
  if (lengthOf(key) > longestKey) return 'key_is_too_long';
  if (value === null) return null;
  if (typeof value !== 'string') return 'value_is_invalid';
  return lengthOf(value) > longestValue ? 'value_is_too_long' : null;
}

/** In characters, as the database counts them. */
const lengthOf = (text: string): number => [...text].length;
