import { formatMajor, inMajorUnits, isCurrency, minorDigits } from '../../src/domain/money/currency.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { readDecimal } from '../../src/domain/money/read-decimal.ts';

const exact = (text: string) => Exact.parse(text);

describe('decimals as they are written', () => {
  it.each([
    ['-12.340', '-12.34'],
    ['+1.5', '1.5'],
    ['007', '7'],
    ['1e2', '100'],
    ['1E+2', '100'],
    ['12.5e1', '125'],
    ['1.25e1', '12.5'],
    ['1e-7', '0.0000001'],
    ['1e10', '10000000000'],
    ['25e-12', '0.000000000025'],
    ['0e0', '0'],
    ['-0', '0'],
  ])('%s is %s', (text, decimal) => {
    expect(exact(text).toDecimal()).toBe(decimal);
  });

  it('sixty digits of scale and no more', () => {
    expect(exact('1e60').toDecimal()).toBe(`1${'0'.repeat(60)}`);
    expect(exact('1e-60').toDecimal(60)).toBe(`0.${'0'.repeat(59)}1`);
    expect(() => exact('1e61')).toThrow(new RangeError('too many digits: 1e61'));
    expect(() => exact('1e-61')).toThrow(new RangeError('too many digits: 1e-61'));
    expect(() => exact(`1${'0'.repeat(50)}e-999`)).toThrow(new RangeError(`too many digits: 1${'0'.repeat(39)}`));
  });

  it('says what is no number, as far as it can be read', () => {
    expect(() => exact('abc')).toThrow(new RangeError('not a decimal number: abc'));
    expect(() => exact('x'.repeat(50))).toThrow(new RangeError(`not a decimal number: ${'x'.repeat(40)}`));
    for (const wrong of ['1.', '.5', '1e', '1e+', '1e1.5', '1 ', ' 1', '1e1000', '1_0', '1\n'])
      expect(() => exact(wrong)).toThrow(RangeError);
  });

  it('as values of JSON', () => {
    expect([readDecimal('1.5'), readDecimal(1.5), readDecimal('1e2')].map((value) => value?.toDecimal())).toEqual([
      '1.5',
      '1.5',
      '100',
    ]);
    for (const wrong of [null, undefined, true, {}, [1], 1n, Number.NaN, Number.POSITIVE_INFINITY, 'x', ''])
      expect(readDecimal(wrong)).toBeUndefined();
    expect(readDecimal('1'.repeat(60))?.toDecimal()).toBe('1'.repeat(60));
    expect(readDecimal('1'.repeat(61))).toBeUndefined();
  });
});

describe('fractions', () => {
  it('have no zero below, and their sign above', () => {
    expect(() => Exact.ratio(1n, 0n)).toThrow(new RangeError('an exact number cannot have a zero denominator'));
    expect(() => exact('1').dividedBy(Exact.zero)).toThrow(RangeError);
    expect(Exact.ratio(1n, -2n).toDecimal()).toBe('-0.5');
    expect(exact('1').dividedBy(exact('-4')).toDecimal()).toBe('-0.25');
    expect(exact('-3').negated().toDecimal()).toBe('3');
  });

  it('are compared, and the first of two that are equal is kept', () => {
    const [half, alsoHalf, third] = [Exact.ratio(1n, 2n), Exact.ratio(2n, 4n), Exact.ratio(1n, 3n)];
    expect([half.compare(third), third.compare(half), half.compare(alsoHalf)]).toEqual([1, -1, 0]);
    expect([half.atMost(third), third.atMost(half), half.atMost(alsoHalf)]).toEqual([third, third, half]);
    expect([half.atLeast(third), third.atLeast(half), half.atLeast(alsoHalf)]).toEqual([half, half, half]);
    expect(half.atMost(alsoHalf)).toBe(half);
    expect(half.atLeast(alsoHalf)).toBe(half);
    expect([exact('0'), exact('-1'), exact('1')].map((one) => [one.isZero(), one.isNegative(), one.isPositive()])).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });

  it.each([
    ['round', 0, ['3', '-3', '2', '-2', '2', '0']],
    ['ceil', 0, ['3', '-2', '3', '-2', '2', '0']],
    ['floor', 0, ['2', '-3', '2', '-3', '2', '0']],
    ['truncate', 0, ['2', '-2', '2', '-2', '2', '0']],
    ['round', 1, ['2.5', '-2.5', '2.3', '-2.3', '2', '0']],
    ['ceil', 1, ['2.5', '-2.5', '2.3', '-2.2', '2', '0']],
    ['floor', 1, ['2.5', '-2.5', '2.2', '-2.3', '2', '0']],
  ] as const)('rounded (%s, %d places)', (mode, places, expected) => {
    const values = ['2.5', '-2.5', '2.25', '-2.25', '2', '0'];
    expect(values.map((value) => exact(value).rounded(mode, places).toDecimal())).toEqual(expected);
  });

  it('rounded to tens and hundreds', () => {
    const values = ['1250', '-1250', '1249.99', '1300'];
    const rounded = (mode: 'round' | 'ceil' | 'floor' | 'truncate') =>
      values.map((value) => exact(value).rounded(mode, -2).toDecimal());
    expect(rounded('round')).toEqual(['1300', '-1300', '1200', '1300']);
    expect(rounded('ceil')).toEqual(['1300', '-1200', '1300', '1300']);
    expect(rounded('floor')).toEqual(['1200', '-1300', '1200', '1300']);
    expect(rounded('truncate')).toEqual(['1200', '-1200', '1200', '1300']);
  });

  it('stay what they are when their digits are shortened', () => {
    const long = Exact.ratio(6n * 10n ** 40n, 4n * 10n ** 40n);
    expect(long.times(Exact.one).toDecimal()).toBe('1.5');
    expect(
      long
        .negated()
        .plus(Exact.ratio(1n, 10n ** 40n))
        .toDecimal(40),
    ).toBe(`-1.4${'9'.repeat(39)}`);
    expect(long.times(Exact.ratio(7n, 3n)).compare(Exact.ratio(7n, 2n))).toBe(0);
  });

  it('as text: at most so many decimals, without zeros at the end', () => {
    expect(Exact.ratio(2n, 3n).toDecimal(4)).toBe('0.6667');
    expect(Exact.ratio(-2n, 3n).toDecimal(4)).toBe('-0.6667');
    expect(Exact.ratio(-1n, 100_000n).toDecimal(2)).toBe('0');
    expect(Exact.ratio(50n, 4n).toDecimal(0)).toBe('13');
    expect(Exact.ratio(10n, 2n).toDecimal()).toBe('5');
  });
});

describe('currencies', () => {
  it('are those of ISO 4217 in use', () => {
    const some = ['AED', 'CUP', 'CVE', 'EUR', 'JPY', 'KES', 'NOK', 'NPR', 'USD', 'TJS', 'TND', 'XCG', 'ZWG'];
    expect(some.filter((code) => !isCurrency(code))).toEqual([]);
    expect(['', ' ', 'eur', 'XXX', 'DEM', 'CUP CVE', 'CUPCVE'].filter(isCurrency)).toEqual([]);
  });

  it('have none, two or three decimals', () => {
    expect(['JPY', 'XPF', 'USD', 'KWD', 'TND'].map(minorDigits)).toEqual([0, 0, 2, 3, 3]);
    expect(['JPY', 'USD', 'KWD'].map((code) => inMajorUnits(exact('1250.5'), code).toDecimal())).toEqual([
      '1250.5',
      '12.505',
      '1.2505',
    ]);
    expect(['JPY', 'USD', 'KWD'].map((code) => formatMajor(0n, code))).toEqual(['0', '0.00', '0.000']);
    expect(['JPY', 'USD', 'KWD'].map((code) => formatMajor(-1234n, code))).toEqual(['-1234', '-12.34', '-1.234']);
  });
});
