import { invalid, parameterMissing, parameterUnknown } from './errors.ts';
import type { ParameterTypes } from './parameter-types.ts';
import schemas from './parameters.json' with { type: 'json' };
import type { Schema } from './schema.ts';

const routes: Record<string, string> = schemas.routes;
const types: Record<string, Schema> = schemas.types as Record<string, Schema>;

/** What qs makes of a form: texts, nested. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = { [key: string]: FormValue };

/** Reads a form by the SDK's own parameter type: unknown, missing and ill-typed parameters are refused as Stripe refuses them. */
export function readParameters<N extends keyof ParameterTypes>(name: N, form: Form): ParameterTypes[N] {
  return readObject(routes[name] ?? '', form, '') as ParameterTypes[N];
}

const pathTo = (path: string, key: string): string => (path === '' ? key : `${path}[${key}]`);

function readObject(typeName: string, form: Form, path: string): object {
  const { fields = {}, required = [] } = types[typeName] ?? {};
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(form)) {
    const schema = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!schema) throw parameterUnknown(pathTo(path, key));
    read[key] = readValue(schema, value, pathTo(path, key));
  }
  for (const key of required) if (!Object.hasOwn(form, key)) throw parameterMissing(pathTo(path, key));
  return read;
}

function readValue(schema: Schema, value: FormValue, path: string): unknown {
  if (typeof value === 'string') return readText(schema, value, path);
  if (schema.array) {
    const element = schema.array;
    const values = Array.isArray(value) ? value : byPosition(value);
    if (values) return values.map((one, index) => readValue(element, one, `${path}[${index}]`));
  }
  if (Array.isArray(value)) throw invalid(`Invalid array`, { param: path });
  if (schema.map) {
    const entry = schema.map;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readValue(entry, one, pathTo(path, key))]));
  }
  if (schema.object) return readObject(schema.object, value, path);
  throw invalid('Invalid object', { param: path });
}

/** `items[3][price]` comes as an object of positions when positions are left out. */
function byPosition(value: Record<string, FormValue>): FormValue[] | undefined {
  const positions = Object.keys(value);
  return positions.every((position) => /^\d+$/.test(position))
    ? positions.toSorted((a, b) => Number(a) - Number(b)).map((position) => value[position]!)
    : undefined;
}

function readText(schema: Schema, text: string, path: string): unknown {
  if (text === '' && (schema.clearable || schema.array || schema.map || schema.object)) return schema.array ? [] : '';
  if (schema.oneOf?.includes(text)) return text;
  if (schema.boolean && (text === 'true' || text === 'false')) return text === 'true';
  // Metadata takes numbers in TypeScript and keeps texts.
  if (schema.string) return text;
  if (schema.number && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (schema.oneOf) {
    const last = schema.oneOf.length > 1 ? `${schema.oneOf.slice(0, -1).join(', ')}, or ${schema.oneOf.at(-1)}` : schema.oneOf[0];
    throw invalid(`Invalid ${path}: must be one of ${last}`, { param: path });
  }
  if (schema.boolean) throw invalid(`Invalid boolean: ${text}`, { param: path });
  if (schema.number) throw invalid(`Invalid integer: ${text}`, { code: 'parameter_invalid_integer', param: path });
  throw invalid(`Invalid ${schema.array ? 'array' : 'object'}`, { param: path });
}
