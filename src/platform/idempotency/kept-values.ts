import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { isLosslessNumber, LosslessNumber } from 'lossless-json';

/** No key of a request holds a NUL, so this one is nobody else's. */
const numberText = '\u0000number';

/**
 * What a transaction came to, as bytes: plain values, dates, bytes, bigints, lists, maps, and rows, which come back as plain objects.
 * @throws Error for anything that has methods: the bytes could not bring them back
 */
export const bytesOf = (value: unknown): Buffer => serialize(packed(value));

export const valueOf = (bytes: Buffer): unknown => unpacked(deserialize(bytes));

function packed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || types.isDate(value) || types.isUint8Array(value)) return value;
  if (isLosslessNumber(value)) return { [numberText]: value.value };
  const inner = mapped(value, packed);
  if (inner) return inner;
  refuseMethods(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packed(item)]));
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (types.isDate(value)) return new Date(value.getTime());
  if (types.isUint8Array(value)) return Buffer.from(value);
  const text = (value as { [numberText]?: string })[numberText];
  if (text !== undefined) return new LosslessNumber(text);
  return mapped(value, unpacked) ?? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item)]));
}

/** A list, map or set with each of its items changed; undefined for anything else. */
function mapped(value: object, change: (item: unknown) => unknown): object | undefined {
  if (Array.isArray(value)) return value.map(change);
  if (types.isMap(value)) return new Map([...value].map(([key, item]) => [change(key), change(item)]));
  if (types.isSet(value)) return new Set([...value].map(change));
  return undefined;
}

function refuseMethods(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || Object.getOwnPropertyNames(prototype).length === 1) return;
  throw new Error(
    `a transaction under an Idempotency-Key came to a ${value.constructor.name}, which cannot be kept: return plain values`,
  );
}
