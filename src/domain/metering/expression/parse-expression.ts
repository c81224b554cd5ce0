import { Exact } from '../../money/exact.ts';
import { type Expression, type FunctionName, functions, type Operator } from './expression.ts';
import { longestExpression, type Token, tokensOf } from './tokens.ts';

const deepest = 30;

export type ParsedExpression =
  | { readonly expression: Expression }
  /** `at` counts characters from 0. */
  | { readonly refused: ExpressionMistake; readonly at: number };

export type ExpressionMistake =
  | 'expression_is_empty'
  | 'expression_is_too_long'
  | 'expression_is_too_deep'
  | 'unexpected_character'
  | 'unexpected_word'
  | 'unknown_name'
  | 'unknown_function'
  | 'wrong_number_of_operands';

class Mistake extends Error {
  constructor(
    readonly reason: ExpressionMistake,
    readonly at: number,
  ) {
    super(reason);
  }
}

/**
 * Reads Lago's expressions over one event: `+ - * /`, brackets, decimals, texts in quotes, `event.properties.x`, `event.timestamp`,
 * `event.code`, `round(x, places)`, `ceil`, `floor`, `concat`. Function names may be written in capitals.
 */
export function parseExpression(text: string): ParsedExpression {
  if (text.length > longestExpression) return { refused: 'expression_is_too_long', at: longestExpression };
  const tokens = tokensOf(text);
  if ('badAt' in tokens) return { refused: 'unexpected_character', at: tokens.badAt };
  if (tokens.length === 1) return { refused: 'expression_is_empty', at: 0 };
  try {
    const parser = new Parser(tokens);
    return { expression: parser.whole() };
  } catch (mistake) {
    if (mistake instanceof Mistake) return { refused: mistake.reason, at: mistake.at };
    throw mistake;
  }
}

class Parser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.sum();
    if (this.next.kind !== 'end') throw new Mistake('unexpected_word', this.next.at);
    return expression;
  }

  private get next(): Token {
    return this.tokens[this.position] as Token;
  }

  private take(): Token {
    const token = this.next;
    this.position += 1;
    return token;
  }

  private takes(...signs: readonly string[]): string | null {
    if (this.next.kind !== 'sign' || !signs.includes(this.next.text)) return null;
    return this.take().text;
  }

  private expect(sign: string): void {
    if (!this.takes(sign)) throw new Mistake('unexpected_word', this.next.at);
  }

  private sum(): Expression {
    this.depth += 1;
    if (this.depth > deepest) throw new Mistake('expression_is_too_deep', this.next.at);
    const expression = this.chain(['+', '-'], () => this.chain(['*', '/'], () => this.factor()));
    this.depth -= 1;
    return expression;
  }

  private chain(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (let operator = this.takes(...operators); operator; operator = this.takes(...operators))
      left = { kind: 'operation', operator: operator as Operator, left, right: operand() };
    return left;
  }

  private factor(): Expression {
    let negative = false;
    while (this.takes('-')) negative = !negative;
    const operand = this.atom();
    return negative ? { kind: 'negate', operand } : operand;
  }

  private atom(): Expression {
    if (this.takes('(')) {
      const inner = this.sum();
      this.expect(')');
      return inner;
    }
    const token = this.take();
    if (token.kind === 'number') return { kind: 'number', value: Exact.parse(token.text) };
    if (token.kind === 'text') return { kind: 'text', value: token.text };
    if (token.kind !== 'name') throw new Mistake('unexpected_word', token.at);
    return this.takes('(') ? this.call(token) : named(token);
  }

  private call(token: Token): Expression {
    const name = token.text.toLowerCase();
    if (!Object.hasOwn(functions, name)) throw new Mistake('unknown_function', token.at);
    const operands: [Expression, ...Expression[]] = [this.sum()];
    while (this.takes(',')) operands.push(this.sum());
    this.expect(')');
    if (operands.length > functions[name as FunctionName]) throw new Mistake('wrong_number_of_operands', token.at);
    return { kind: 'call', name: name as FunctionName, operands };
  }
}

function named(token: Token): Expression {
  if (token.text === 'event.timestamp') return { kind: 'attribute', name: 'timestamp' };
  if (token.text === 'event.code') return { kind: 'attribute', name: 'code' };
  const property = /^event\.properties\.([^.]+)$/.exec(token.text)?.[1];
  if (property === undefined) throw new Mistake('unknown_name', token.at);
  return { kind: 'property', name: property };
}
