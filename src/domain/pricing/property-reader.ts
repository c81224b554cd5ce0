import { Exact } from '../money/exact.ts';
import { readDecimal } from '../money/read-decimal.ts';
import type { WireValue } from './charge-model.ts';

export interface DecimalRule {
  /** Used where the field is absent; without it the field is mandatory. */
  readonly absent?: string | null;
  /** Greater than zero. */
  readonly positive?: boolean;
  readonly integer?: boolean;
}

/** Reads the properties of a charge, keeps what they say in plain decimals, and collects every mistake under its field's name. */
export class PropertyReader {
  /** Without a prototype: a field may be called `toString`. */
  readonly refused = Object.create(null) as Record<string, string[]>;
  readonly wire: Record<string, WireValue> = {};
  private readonly known = new Set<string>();

  constructor(
    private readonly source: Readonly<Record<string, unknown>>,
    private readonly path = '',
  ) {}

  refuse(key: string, reason: string): void {
    (this.refused[`${this.path}${key}`] ??= []).push(reason);
  }

  /** Zero stands in for what is refused, so that reading goes on and finds the next mistake. */
  decimal(key: string, rule: DecimalRule = {}): Exact {
    return this.optionalDecimal(key, rule) ?? Exact.zero;
  }

  optionalDecimal(key: string, rule: DecimalRule = { absent: null }): Exact | null {
    const given = this.take(key);
    if (given === undefined || given === null || given === '') {
      if (rule.absent === undefined) this.refuse(key, 'value_is_mandatory');
      else if (rule.absent !== null) this.wire[key] = rule.absent;
      return rule.absent ? Exact.parse(rule.absent) : null;
    }
    const value = readDecimal(given);
    if (value === undefined || (rule.integer && value.rounded('truncate').compare(value) !== 0)) {
      this.refuse(key, 'value_is_invalid');
      return null;
    }
    if (value.isNegative() || (rule.positive && value.isZero())) {
      this.refuse(key, 'value_is_out_of_range');
      return null;
    }
    this.wire[key] = value.toDecimal();
    return value;
  }

  strings(key: string): readonly string[] {
    const given = this.take(key);
    if (given === undefined || given === null) return [];
    if (!Array.isArray(given) || !given.every((word) => typeof word === 'string' && word !== '')) {
      this.refuse(key, 'value_is_invalid');
      return [];
    }
    const words = [...new Set(given as string[])];
    if (words.length > 0) this.wire[key] = words;
    return words;
  }

  /** A list of objects, each with a reader of its own. */
  list(key: string): readonly PropertyReader[] {
    const given = this.take(key);
    if (given === undefined || given === null) this.refuse(key, 'value_is_mandatory');
    else if (!Array.isArray(given) || given.length === 0) this.refuse(key, 'value_is_invalid');
    if (!Array.isArray(given)) return [];
    return given.flatMap((item: unknown, position) => {
      if (typeof item === 'object' && item !== null && !Array.isArray(item))
        return [new PropertyReader(item as Record<string, unknown>, `${this.path}${key}[${position}].`)];
      this.refuse(`${key}[${position}]`, 'value_is_invalid');
      return [];
    });
  }

  /** What nothing asked for is unknown; call it last. */
  finish(): void {
    for (const key of Object.keys(this.source)) if (!this.known.has(key)) this.refuse(key, 'unknown_field');
  }

  private take(key: string): unknown {
    this.known.add(key);
    return Object.hasOwn(this.source, key) ? this.source[key] : undefined;
  }
}
