import { exactDecimal } from './exact-decimal.ts';

/**
 * One text for one set of properties: keys in order, numbers with every digit. What is stored and what is answered, now or to a
 * repeat a year later, both come out of here, so they are the same to the byte.
 */
export function propertiesJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(propertiesJson).join(',')}]`;
  const number = exactDecimal(value);
  if (number !== undefined) return number;
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record);
  if (keys.length > 1) keys.sort();
  let text = '{';
  for (const key of keys) text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${propertiesJson(record[key])}`;
  return `${text}}`;
}
