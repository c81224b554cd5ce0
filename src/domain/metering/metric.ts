import { Exact, type RoundingMode } from '../money/exact.ts';
import { readDecimal } from '../money/read-decimal.ts';
import { evaluateExpression } from './expression/evaluate-expression.ts';
import type { Expression } from './expression/expression.ts';
import type { MeterEvent } from './meter-event.ts';

/** Lago's words for how events become units. `custom_agg` sums the metric's expression. */
export const aggregations = [
  'count_agg',
  'sum_agg',
  'max_agg',
  'unique_count_agg',
  'weighted_sum_agg',
  'latest_agg',
  'custom_agg',
] as const;
export type Aggregation = (typeof aggregations)[number];

export interface MetricRounding {
  readonly function: Extract<RoundingMode, 'round' | 'ceil' | 'floor'>;
  /** Decimals; negative rounds to tens, hundreds and so on. */
  readonly precision: number;
}

export interface Metric {
  readonly code: string;
  readonly aggregation: Aggregation;
  /** The property that is counted; null for `count_agg`. */
  readonly fieldName: string | null;
  /** Computed instead of read from `fieldName`. */
  readonly expression: Expression | null;
  /** Carries its value into the next period. */
  readonly recurring: boolean;
  readonly rounding: MetricRounding | null;
}

export const roundUnits = (units: Exact, rounding: MetricRounding | null): Exact =>
  rounding ? units.rounded(rounding.function, rounding.precision) : units;

/** What an event counts with, as it stands; undefined where the property is missing or the expression cannot be evaluated. */
export function rawValueOf(metric: Metric, event: MeterEvent): Exact | string | undefined {
  if (metric.expression) {
    const evaluated = evaluateExpression(metric.expression, event);
    return 'value' in evaluated ? evaluated.value : undefined;
  }
  const { fieldName } = metric;
  const value = fieldName !== null && Object.hasOwn(event.properties, fieldName) ? event.properties[fieldName] : undefined;
  return value === undefined || value === null ? undefined : (readDecimal(value) ?? `${value as string}`);
}

/** The same as a number; undefined where it is none. */
export function numberOf(metric: Metric, event: MeterEvent): Exact | undefined {
  const value = rawValueOf(metric, event);
  return typeof value === 'string' ? readDecimal(value) : value;
}
