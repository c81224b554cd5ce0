import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { formatMajor, inMinorUnits } from '../../src/domain/money/currency.ts';
import { Exact } from '../../src/domain/money/exact.ts';

const Oracle = Decimal.clone({ precision: 120, rounding: Decimal.ROUND_HALF_UP });
const decimal = fc
  .tuple(fc.bigInt(-(10n ** 25n), 10n ** 25n), fc.integer({ min: 0, max: 15 }))
  .map(([digits, scale]) => Exact.ratio(digits, 10n ** BigInt(scale)).toDecimal(15));

describe('Exact', () => {
  it('agrees with decimal.js on sums, products and rounding half away from zero', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [Exact.parse(a), Exact.parse(b)];
        expect(x.plus(y).toDecimal(30)).toBe(new Oracle(a).plus(b).toFixed());
        expect(x.times(y).toDecimal(30)).toBe(new Oracle(a).times(b).toFixed());
        // decimal.js ROUND_HALF_UP is half away from zero
        expect(x.times(y).roundToInteger().toString()).toBe(
          new Oracle(a).times(b).toDecimalPlaces(0).toFixed().replace(/^-0$/, '0'),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('rounds thirds once: the parts of a whole add up to it', () => {
    const third = Exact.ratio(1n, 3n);
    expect(third.plus(third).plus(third).compare(Exact.fromInteger(1n))).toBe(0);
    expect(Exact.fromInteger(1000n).times(third).roundToInteger()).toBe(333n);
  });

  it('does not fall into the float trap 249.95 × 27/30', () => {
    expect(Exact.parse('24995').times(Exact.ratio(27n, 30n)).roundToInteger()).toBe(22496n);
  });

  it.each(['', ' ', 'NaN', 'Infinity', '1e', '0x10', '1,5', '1e400', '--1', '1.2.3'])('refuses %j', (text) => {
    expect(() => Exact.parse(text)).toThrow(RangeError);
  });

  it.each([
    ['0.5', 1n],
    ['-0.5', -1n],
    ['1.4999999999999999', 1n],
    ['2.5', 3n],
    ['-2.5', -3n],
  ])('rounds %s to %s', (text, cents) => {
    expect(Exact.parse(text).roundToInteger()).toBe(cents);
  });
});

describe('minor units', () => {
  it.each([
    ['12.5', 'USD', 1250n],
    ['12.5', 'JPY', 13n],
    ['12.3456', 'KWD', 12346n],
  ])('%s %s is %s minor units', (major, currency, minor) => {
    expect(inMinorUnits(Exact.parse(major), currency).roundToInteger()).toBe(minor);
  });

  it.each([
    [14520n, 'USD', '145.20'],
    [5n, 'USD', '0.05'],
    [-5n, 'USD', '-0.05'],
    [7n, 'JPY', '7'],
    [1n, 'KWD', '0.001'],
    [3_000_000_000n, 'EUR', '30000000.00'],
  ])('%s %s reads %s', (minor, currency, text) => {
    expect(formatMajor(minor, currency)).toBe(text);
  });
});
