import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Exact } from '../../domain/money/exact.ts';

/** Nesting beyond this is an attack or a mistake. */
const maxDepth = 32;

/**
 * Reads JSON without losing anything: a number stays a JavaScript number only where that prints as the very decimal that was
 * sent, else it is a LosslessNumber holding the text.
 * @throws BillingError invalid_json, duplicate_json_key, json_too_deep, invalid_text (NUL, lone surrogate, broken UTF-8),
 * number_out_of_range (1e400)
 */
export function parseStrictJson(body: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch (cause) {
    throw new BillingError('invalid_text', undefined, { cause });
  }
  refuseDepth(text);
  let value: unknown;
  try {
    value = parse(text, null, {
      parseNumber,
      onDuplicateKey: ({ key }) => {
        throw new BillingError('duplicate_json_key', { [key.slice(0, 100)]: ['duplicate_key'] });
      },
    });
  } catch (cause) {
    if (cause instanceof BillingError) throw cause;
    throw new BillingError('invalid_json', undefined, { cause });
  }
  if (text.includes('\\u') || text.includes('__proto__')) refuseBadText(value);
  return value;
}

/** Prints bigints as JSON numbers with every digit, and exact numbers as they were written. */
export const toJson = (value: unknown): string => stringify(value) ?? 'null';

/** A decimal that must leave as a JSON number (a tax rate). */
export const jsonNumber = (decimal: string): LosslessNumber => new LosslessNumber(decimal);

/** The exact decimal text of a number that came in as JSON number or decimal string; undefined for anything else. */
export function decimalText(value: unknown): string | undefined {
  if (isLosslessNumber(value)) return value.value;
  if (typeof value === 'number' || typeof value === 'string') return String(value);
  return undefined;
}

/** class-transformer makes an empty one of each object it meets before it copies the value over. */
class WireNumber extends LosslessNumber {
  constructor(text = '0') {
    super(text);
  }
}

function parseNumber(text: string): number | LosslessNumber {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new BillingError('number_out_of_range', { [text.slice(0, 40)]: ['number_out_of_range'] });
  if (/^-?(0|[1-9]\d{0,14})$/.test(text)) return number;
  const exponent = /[eE]([+-]?\d+)$/.exec(text)?.[1];
  if (text.length > 60 || (exponent !== undefined && Math.abs(Number(exponent)) > 30))
    throw new BillingError('number_out_of_range', { [text.slice(0, 40)]: ['number_out_of_range'] });
  return Exact.parse(text).compare(Exact.parse(String(number))) === 0 ? number : new WireNumber(text);
}

/** Before parsing, because the parser recurses. Brackets inside strings do not count. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) throw new BillingError('json_too_deep');
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

/** PostgreSQL's text cannot hold NUL, and a lone surrogate is no character: refused here instead of failing there. */
function refuseBadText(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000') || !value.isWellFormed()) throw new BillingError('invalid_text');
  } else if (Array.isArray(value)) value.forEach(refuseBadText);
  else if (typeof value === 'object' && value !== null) {
    // No field of ours; what copies objects key by key would set their prototype with it.
    if (Object.hasOwn(value, '__proto__')) throw new BillingError('invalid_json');
    for (const [key, item] of Object.entries(value)) {
      refuseBadText(key);
      refuseBadText(item);
    }
  }
}
