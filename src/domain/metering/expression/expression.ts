import type { Exact } from '../../money/exact.ts';

export type Operator = '+' | '-' | '*' | '/';
export type FunctionName = 'round' | 'ceil' | 'floor' | 'concat';

/** A tree without names to assign, without calls beyond these and without repetition: evaluating it ends and changes nothing. */
export type Expression =
  | { readonly kind: 'number'; readonly value: Exact }
  | { readonly kind: 'text'; readonly value: string }
  /** `event.properties.<name>` */
  | { readonly kind: 'property'; readonly name: string }
  /** `event.timestamp` is seconds since 1970 with fraction; `event.code` is the metric's code. */
  | { readonly kind: 'attribute'; readonly name: 'timestamp' | 'code' }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: Operands };

export type Operands = readonly [Expression, ...Expression[]];

/** Most operands; the fewest are one. */
export const functions: Readonly<Record<FunctionName, number>> = { round: 2, ceil: 2, floor: 2, concat: 20 };
