const longDenominator = 10n ** 60n;

/** To the nearest (half away from zero), up, down, or towards zero. */
export type RoundingMode = 'round' | 'ceil' | 'floor' | 'truncate';

/**
 * An exact rational number: the only arithmetic that money, quantities, rates and prorations go through.
 * Nothing is ever rounded until `roundToInteger` or `toDecimal` is called, and those say how.
 */
export class Exact {
  static readonly zero = new Exact(0n, 1n);
  static readonly one = new Exact(1n, 1n);

  private constructor(
    readonly numerator: bigint,
    /** Always positive. */
    readonly denominator: bigint,
  ) {}

  static fromInteger(value: bigint): Exact {
    return new Exact(value, 1n);
  }

  /** @throws RangeError when the denominator is zero. */
  static ratio(numerator: bigint, denominator: bigint): Exact {
    if (denominator === 0n) throw new RangeError('an exact number cannot have a zero denominator');
    return denominator < 0n ? new Exact(-numerator, -denominator) : new Exact(numerator, denominator);
  }

  /**
   * Reads a plain or exponential decimal such as `-12.340` or `1e-7`, exactly.
   * @throws RangeError on anything else (NaN, Infinity, hexadecimal, blanks, more than 60 digits of scale).
   */
  static parse(text: string): Exact {
    const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
    if (!match) throw new RangeError(`not a decimal number: ${text.slice(0, 40)}`);
    const [, sign, whole, fraction = '', exponent = '0'] = match;
    const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
    const scale = fraction.length - Number(exponent);
    if (Math.abs(scale) > 60) throw new RangeError(`too many digits: ${text.slice(0, 40)}`);
    return scale >= 0 ? new Exact(digits, 10n ** BigInt(scale)) : new Exact(digits * 10n ** BigInt(-scale), 1n);
  }

  plus(other: Exact): Exact {
    if (this.denominator === other.denominator) return new Exact(this.numerator + other.numerator, this.denominator);
    return new Exact(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    ).reduced();
  }

  minus(other: Exact): Exact {
    return this.plus(new Exact(-other.numerator, other.denominator));
  }

  times(other: Exact): Exact {
    return new Exact(this.numerator * other.numerator, this.denominator * other.denominator).reduced();
  }

  /** @throws RangeError when `other` is zero. */
  dividedBy(other: Exact): Exact {
    return Exact.ratio(this.numerator * other.denominator, this.denominator * other.numerator).reduced();
  }

  negated(): Exact {
    return new Exact(-this.numerator, this.denominator);
  }

  /** Negative, zero or positive, as `this` is smaller than, equal to or greater than `other`. */
  compare(other: Exact): -1 | 0 | 1 {
    const left = this.numerator * other.denominator;
    const right = other.numerator * this.denominator;
    return left < right ? -1 : left > right ? 1 : 0;
  }

  isZero(): boolean {
    return this.numerator === 0n;
  }

  isNegative(): boolean {
    return this.numerator < 0n;
  }

  isPositive(): boolean {
    return this.numerator > 0n;
  }

  /** The smaller of the two. */
  atMost(limit: Exact): Exact {
    return this.compare(limit) > 0 ? limit : this;
  }

  /** The larger of the two. */
  atLeast(limit: Exact): Exact {
    return this.compare(limit) < 0 ? limit : this;
  }

  /** Rounded at this many decimals; a negative number of places rounds to tens, hundreds and so on. */
  rounded(mode: RoundingMode, places = 0): Exact {
    const scale = 10n ** BigInt(places < 0 ? -places : places);
    const [numerator, denominator] =
      places < 0 ? [this.numerator, this.denominator * scale] : [this.numerator * scale, this.denominator];
    const whole = roundedQuotient(numerator, denominator, mode);
    return places < 0 ? new Exact(whole * scale, 1n) : new Exact(whole, scale);
  }

  /** Half away from zero, the rounding rule of every amount (docs/decisions/0003). */
  roundToInteger(): bigint {
    const magnitude = this.numerator < 0n ? -this.numerator : this.numerator;
    const rounded = (2n * magnitude + this.denominator) / (2n * this.denominator);
    return this.numerator < 0n ? -rounded : rounded;
  }

  /** Decimal text with at most `places` decimals, half away from zero, without trailing zeros. */
  toDecimal(places = 15): string {
    if (this.denominator === 1n) return this.numerator.toString();
    const scaled = this.times(Exact.fromInteger(10n ** BigInt(places))).roundToInteger();
    const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0');
    const whole = digits.slice(0, digits.length - places);
    const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
    return `${scaled < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
  }

  /** Only where the digits pile up: a common divisor costs more than the small numbers it saves. */
  private reduced(): Exact {
    if (this.denominator < longDenominator) return this;
    let a = this.numerator < 0n ? -this.numerator : this.numerator;
    let b = this.denominator;
    while (b !== 0n) [a, b] = [b, a % b];
    return a <= 1n ? this : new Exact(this.numerator / a, this.denominator / a);
  }
}

function roundedQuotient(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  const towardsZero = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n || mode === 'truncate') return towardsZero;
  const sign = numerator < 0n ? -1n : 1n;
  if (mode === 'ceil') return sign > 0n ? towardsZero + 1n : towardsZero;
  if (mode === 'floor') return sign > 0n ? towardsZero : towardsZero - 1n;
  return 2n * remainder * sign >= denominator ? towardsZero + sign : towardsZero;
}
