import { decimalText } from '../../platform/http/strict-json.ts';
import { exactDecimal } from './exact-decimal.ts';
import type { Metric } from './metric-directory.ts';

/** What an event adds to its metric; `count` needs neither. */
export interface Metered {
  readonly value: string | null;
  readonly uniqueValue: string | null;
}

export interface MeterRefusal {
  readonly refused: 'value_is_mandatory' | 'value_is_invalid' | 'value_is_out_of_range';
}

/** At most 20 whole digits: a fee holds 25, so no 100,000 events overflow one. Decimals are kept as they come. */
const fitsAFee = /^-?0*\d{1,20}(\.|$)/;

const counted: Metered = { value: null, uniqueValue: null };
const mandatory: MeterRefusal = { refused: 'value_is_mandatory' };

/** Reads from the properties what the metric counts, exactly. */
export function meterEvent(metric: Metric, properties: Readonly<Record<string, unknown>>): Metered | MeterRefusal {
  if (metric.fieldName === null) return counted;
  const given = Object.hasOwn(properties, metric.fieldName) ? properties[metric.fieldName] : undefined;
  if (given === undefined || given === null || given === '') return mandatory;
  if (metric.aggregation === 'UNIQUE_COUNT') {
    const uniqueValue = typeof given === 'boolean' ? String(given) : typeof given === 'string' ? given : exactDecimal(given);
    if (uniqueValue === undefined) return { refused: 'value_is_invalid' };
    return uniqueValue.trim() === '' ? mandatory : { value: null, uniqueValue };
  }
  const value = exactDecimal(given);
  if (value === undefined) return decimalText(given)?.trim() === '' ? mandatory : { refused: 'value_is_invalid' };
  return fitsAFee.test(value) ? { value, uniqueValue: null } : { refused: 'value_is_out_of_range' };
}
