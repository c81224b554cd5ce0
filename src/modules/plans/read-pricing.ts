import type { ErrorDetails } from '../../domain/errors/error-codes.ts';
import type { ChargeModelName, WireProperties } from '../../domain/pricing/charge-model.ts';
import { readChargeModel } from '../../domain/pricing/read-charge-model.ts';
import { isStorableDecimal } from '../../platform/http/validators.ts';
import { decimalText } from '../../platform/http/strict-json.ts';

export type ReadProperties = { readonly properties: WireProperties } | { readonly wrong: ErrorDetails };

/** The properties of a charge, fixed charge or filter as they are kept, or what is wrong under each field's name. */
export function readProperties(model: ChargeModelName, given: Readonly<Record<string, unknown>> | undefined): ReadProperties {
  const named = given && withLagosNames(given);
  const read = readChargeModel(model, named);
  if ('pricing' in read) {
    const wrong = unstorable(named, 'properties');
    return wrong.length > 0 ? { wrong: Object.fromEntries(wrong) } : { properties: read.pricing.properties };
  }
  return {
    wrong: Object.fromEntries(
      Object.entries(read.refused).map(([field, reasons]) => [
        field === 'charge_model' || field === 'properties' ? field : `properties.${field.replaceAll(/\[(\d+)\]/g, '.$1')}`,
        reasons,
      ]),
    ),
  };
}

/** `grouped_by` is Lago's older word for `pricing_group_keys`; keys for presentation alone are accepted where there are none. */
function withLagosNames(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { grouped_by: groupedBy, presentation_group_keys: presentation, ...rest } = given;
  const isUnused = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);
  return withDecimalText({
    ...rest,
    ...(groupedBy === undefined || isUnused(groupedBy) || 'pricing_group_keys' in rest ? {} : { pricing_group_keys: groupedBy }),
    ...(presentation === undefined || isUnused(presentation) ? {} : { presentation_group_keys: presentation }),
  }) as Record<string, unknown>;
}

/** A JSON number that a float cannot hold comes as its text. */
function withDecimalText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDecimalText);
  if (typeof value !== 'object' || value === null) return value;
  const text = decimalText(value);
  if (text !== undefined) return text;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDecimalText(inner)]));
}

/** Numbers with more digits than a fee can show, by their path. */
function unstorable(value: unknown, path: string): [string, string[]][] {
  if (typeof value === 'number' || typeof value === 'string')
    return isNumeric(value) && !isStorableDecimal(`${value}`) ? [[path, ['value_is_invalid']]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => unstorable(inner, `${path}.${key}`));
}

const isNumeric = (value: string | number): boolean => typeof value === 'number' || /^-?[\d.]+(e[+-]?\d+)?$/i.test(value);

/** The same entries under `charges.0.`. */
export const under = (prefix: string, details: ErrorDetails): [string, readonly string[]][] =>
  Object.entries(details).map(([field, reasons]) => [`${prefix}${field}`, reasons]);
