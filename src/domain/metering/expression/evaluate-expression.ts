import { Exact } from '../../money/exact.ts';
import { readDecimal } from '../../money/read-decimal.ts';
import type { MeterEvent } from '../meter-event.ts';
import type { Expression, Operands, Operator } from './expression.ts';

export type EvaluationMistake = 'property_is_missing' | 'value_is_not_a_number' | 'division_by_zero' | 'value_is_out_of_range';
export type Evaluated = { readonly value: Exact | string } | { readonly refused: EvaluationMistake };

class Mistake extends Error {
  constructor(readonly reason: EvaluationMistake) {
    super(reason);
  }
}

/** Beyond this many digits before the point, or this many characters, a value is a mistake. */
const largest = Exact.fromInteger(10n ** 60n);
const longestText = 1_000;
const mostPlaces = Exact.fromInteger(30n);

/** The value of an expression for one event: exact arithmetic; a text where `concat` or a text property is asked for. */
export function evaluateExpression(expression: Expression, event: MeterEvent): Evaluated {
  try {
    return { value: valueOf(expression, event) };
  } catch (mistake) {
    if (mistake instanceof Mistake) return { refused: mistake.reason };
    throw mistake;
  }
}

function valueOf(expression: Expression, event: MeterEvent): Exact | string {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression.value;
    case 'property':
      return propertyOf(event, expression.name);
    case 'attribute':
      return expression.name === 'code' ? event.code : Exact.ratio(event.timestamp.epochNanoseconds, 1_000_000_000n);
    case 'negate':
      return numberOf(expression.operand, event).negated();
    case 'operation':
      return inRange(calculate(expression.operator, numberOf(expression.left, event), numberOf(expression.right, event)));
    case 'call':
      return expression.name === 'concat'
        ? concatenated(expression.operands.map((operand) => textOf(valueOf(operand, event))))
        : roundedAs(expression.name, expression.operands, event);
  }
}

function propertyOf(event: MeterEvent, name: string): Exact | string {
  const value = Object.hasOwn(event.properties, name) ? event.properties[name] : undefined;
  if (value === undefined || value === null) throw new Mistake('property_is_missing');
  return readDecimal(value) ?? `${value as string}`;
}

function numberOf(expression: Expression, event: MeterEvent): Exact {
  const value = valueOf(expression, event);
  const number = typeof value === 'string' ? readDecimal(value) : value;
  if (number === undefined) throw new Mistake('value_is_not_a_number');
  return number;
}

function calculate(operator: Operator, left: Exact, right: Exact): Exact {
  if (operator === '+') return left.plus(right);
  if (operator === '-') return left.minus(right);
  if (operator === '*') return left.times(right);
  if (right.isZero()) throw new Mistake('division_by_zero');
  return left.dividedBy(right);
}

function roundedAs(mode: 'round' | 'ceil' | 'floor', [operand, decimals]: Operands, event: MeterEvent): Exact {
  const value = numberOf(operand, event);
  if (!decimals) return value.rounded(mode);
  const places = numberOf(decimals, event);
  const beyond = places.compare(mostPlaces) > 0 || places.compare(mostPlaces.negated()) < 0;
  if (beyond || places.rounded('truncate').compare(places) !== 0) throw new Mistake('value_is_out_of_range');
  const exponent = places.roundToInteger();
  return value.rounded(mode, Number(exponent));
}

function inRange(value: Exact): Exact {
  if (value.compare(largest) > 0 || value.compare(largest.negated()) < 0) throw new Mistake('value_is_out_of_range');
  return value;
}

const textOf = (value: Exact | string): string => (typeof value === 'string' ? value : value.toDecimal());

function concatenated(parts: readonly string[]): string {
  const text = parts.join('');
  if (text.length > longestText) throw new Mistake('value_is_out_of_range');
  return text;
}
