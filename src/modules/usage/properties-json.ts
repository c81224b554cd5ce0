import { exactDecimal } from './exact-decimal.ts';

/**
 * One text for one set of properties: keys in order, numbers with every digit. What is stored and what is answered, now or to a
 * repeat a year later, both come out of here, so they are the same to the byte.
 */
export function propertiesJson(value: unknown): string {
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(propertiesJson).join(',')}]`;
  const number = exactDecimal(value);
  if (number !== undefined) return number;
  const record = value as Readonly<Record<string, unknown>>;
  if (isFlatAndInOrder(record)) return JSON.stringify(record);
  const keys = Object.keys(record);
  if (keys.length > 1) keys.sort();
  let text = '{';
  for (const key of keys) text += `${text.length > 1 ? ',' : ''}${jsonString(key)}:${propertiesJson(record[key])}`;
  return `${text}}`;
}

/** What the engine itself prints just so; most properties are. */
function isFlatAndInOrder(record: Readonly<Record<string, unknown>>): boolean {
  let last = '';
  for (const key in record) {
    if (key < last || (typeof record[key] === 'object' && record[key] !== null)) return false;
    last = key;
  }
  return true;
}

const needsNoEscape = /^[ !#-[\]-~]*$/;

/** `JSON.stringify` of text, three times faster for what is mostly sent. */
export const jsonString = (text: string): string => (needsNoEscape.test(text) ? `"${text}"` : JSON.stringify(text));
