import { Temporal } from 'temporal-polyfill';
import { evaluateExpression, type EvaluationMistake } from '../../domain/metering/expression/evaluate-expression.ts';
import type { Expression } from '../../domain/metering/expression/expression.ts';
import { decimalText } from '../../platform/http/strict-json.ts';
import { exactDecimal } from './exact-decimal.ts';
import type { Metric } from './metric-directory.ts';

/** What an event adds to its metric; `count` needs neither. */
export interface Metered {
  readonly value: string | null;
  readonly uniqueValue: string | null;
}

export interface MeterRefusal {
  readonly refused: 'value_is_mandatory' | 'value_is_invalid' | 'value_is_out_of_range' | EvaluationMistake;
}

/** At most 15 whole digits: more fits no amount that could be billed. Decimals are kept as they come. */
export const fitsAFee = /^-?0*\d{1,15}(\.|$)/;

const counted: Metered = { value: null, uniqueValue: null };
const mandatory: MeterRefusal = { refused: 'value_is_mandatory' };

/** An event as a metric reads it. */
export interface EventToMeter {
  readonly code: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Reads what the metric counts, exactly: a property, or what its expression makes of the event. `atMs` is the event's time. */
export function meterEvent(metric: Metric, event: EventToMeter, atMs: number): Metered | MeterRefusal {
  if (metric.fieldName === null) return counted;
  const given = metric.expression ? computed(metric.expression, event, atMs) : propertyOf(event, metric.fieldName);
  if (typeof given === 'object' && given !== null && 'refused' in given) return given as MeterRefusal;
  if (given === undefined || given === null || given === '') return mandatory;
  if (metric.aggregation === 'UNIQUE_COUNT') return meterUnique(given, event);
  const value = exactDecimal(given);
  if (value === undefined) return decimalText(given)?.trim() === '' ? mandatory : { refused: 'value_is_invalid' };
  return fitsAFee.test(value) ? { value, uniqueValue: null } : { refused: 'value_is_out_of_range' };
}

/** `operation_type: remove` takes the value out of use; the removal is kept as -1. */
function meterUnique(given: unknown, event: EventToMeter): Metered | MeterRefusal {
  const uniqueValue = typeof given === 'boolean' ? String(given) : typeof given === 'string' ? given : exactDecimal(given);
  if (uniqueValue === undefined) return { refused: 'value_is_invalid' };
  if (uniqueValue.trim() === '') return mandatory;
  return { value: propertyOf(event, 'operation_type') === 'remove' ? '-1' : null, uniqueValue };
}

const propertyOf = ({ properties }: EventToMeter, name: string): unknown =>
  Object.hasOwn(properties, name) ? properties[name] : undefined;

function computed(expression: Expression, { code, properties }: EventToMeter, atMs: number): unknown {
  const result = evaluateExpression(expression, { code, properties, timestamp: Temporal.Instant.fromEpochMilliseconds(atMs) });
  if ('refused' in result) return result;
  return typeof result.value === 'string' ? result.value : result.value.toDecimal();
}
