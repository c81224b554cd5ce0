import { Exact } from '../../domain/money/exact.ts';
import { decimalText } from '../../platform/http/strict-json.ts';

const plain = /^-?\d+(\.\d+)?$/;
const longestText = 120;

/**
 * Every digit of a JSON number or decimal text, without an exponent; undefined for anything else (NaN, blanks, hexadecimal, what
 * has more than 60 decimals or is out of all proportion).
 */
export function exactDecimal(value: unknown): string | undefined {
  const text = decimalText(value);
  if (text === undefined || text.length > longestText) return undefined;
  if (plain.test(text)) return text;
  try {
    return Exact.parse(text).toDecimal(60);
  } catch {
    return undefined;
  }
}
