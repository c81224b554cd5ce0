import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Exact } from '../../domain/money/exact.ts';

/** Nesting beyond this is an attack or a mistake. */
const maxDepth = 32;
/** Members and items of a whole body, counted before it is parsed: more would hold up everybody else. */
const maxParts = 200_000;
/** Members of one object; the engine gets slow with them. */
const maxMembersOfOne = 10_000;

/**
 * Reads JSON without losing anything: a number stays a JavaScript number only where that prints as the very decimal that was
 * sent, else it is a LosslessNumber holding the text.
 * @throws BillingError invalid_json, duplicate_json_key, json_too_deep, invalid_text (NUL, lone surrogate, broken UTF-8),
 * number_out_of_range (1e400), payload_too_large (more than 200,000 colons and commas, or 10,000 members of one object)
 */
export function parseStrictJson(body: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch (cause) {
    throw new BillingError('invalid_text', undefined, { cause });
  }
  const shape = scan(text);
  const quick = shape.plainNumbers ? parseQuickly(text, shape.members) : undefined;
  if (quick !== undefined) {
    if (text.includes('\\u') || text.includes('__proto__')) refuseBadText(quick.value);
    return quick.value;
  }
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
  // The parser only tells of a key said twice when the two values differ.
  if (countMembers(value) !== shape.members) throw new BillingError('duplicate_json_key');
  if (text.includes('\\u') || text.includes('__proto__')) refuseBadText(value);
  return value;
}

/**
 * Reads JSON of others, whatever it holds, without losing a digit. The last of two equal keys stands.
 * @throws SyntaxError when it is no JSON
 */
export const parseExactJson = (text: string): unknown =>
  parse(text, null, { parseNumber: readNumber, onDuplicateKey: ({ newValue }) => newValue });

const readNumber = (text: string): number | LosslessNumber =>
  /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : new LosslessNumber(text);

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

/**
 * Most bodies need no lossless parser: every number has at most 15 digits and no exponent, so a float prints as what was sent, and
 * there are as many members in the result as colons in the text, so no key came twice. The engine's own parser reads those, twice
 * as fast, this scan and the count included. Undefined: read it the careful way, which also says what is wrong.
 */
function parseQuickly(text: string, members: number): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return countMembers(value) === members ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countMembers(item);
  else
    for (const key in value) {
      count++;
      const item = (value as Readonly<Record<string, unknown>>)[key];
      if (typeof item === 'object') count += countMembers(item);
    }
  return count;
}

/**
 * Before parsing, because the parsers recurse; brackets, colons and digits inside strings do not count.
 * @throws BillingError json_too_deep, payload_too_large
 */
function scan(text: string): { readonly members: number; readonly plainNumbers: boolean } {
  let depth = 0;
  let members = 0;
  const membersAt = new Uint32Array(maxDepth + 1);
  let items = 0;
  let digits = 0;
  let plainNumbers = true;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      digits = 0;
      i = endOfString(text, i + 1);
    } else if (c >= 0x30 && c <= 0x39) {
      if (++digits > 15) plainNumbers = false;
    } else if (c === 0x65 || c === 0x45) {
      // The e of true and false follows a letter, the e of an exponent a digit.
      if (digits > 0) plainNumbers = false;
    } else if (c !== 0x2e) {
      digits = 0;
      if (c === 0x3a) {
        members++;
        if (depth >= 0 && ++membersAt[depth]! > maxMembersOfOne) throw new BillingError('payload_too_large');
      } else if (c === 0x2c) items++;
      else if (c === 0x7b || c === 0x5b) {
        if (++depth > maxDepth) throw new BillingError('json_too_deep');
        membersAt[depth] = 0;
      } else if (c === 0x7d || c === 0x5d) depth--;
    }
  }
  if (members + items > maxParts) throw new BillingError('payload_too_large');
  return { members, plainNumbers };
}

/** Of the closing quote: the first one with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
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
