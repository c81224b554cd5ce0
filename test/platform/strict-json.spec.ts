import fc from 'fast-check';
import { isLosslessNumber } from 'lossless-json';
import { Exact } from '../../src/domain/money/exact.ts';
import { parseStrictJson, toJson } from '../../src/platform/http/strict-json.ts';

const read = (text: string): unknown => parseStrictJson(Buffer.from(text));

describe('strict JSON', () => {
  it('reads what JSON.parse reads, and prints it again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__') && !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text) && !/\d[eE]/.test(text));
        expect(JSON.parse(toJson(read(text)))).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps every digit of every number, quick path or careful path', () => {
    const number = fc.tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.integer({ min: 0, max: 20 })).map(([digits, scale]) => {
      const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
      const whole = text.slice(0, text.length - scale);
      return `${digits < 0n ? '-' : ''}${whole}${scale > 0 ? `.${text.slice(-scale)}` : ''}`;
    });
    fc.assert(
      fc.property(number, (text) => {
        const { n } = read(`{"n": ${text}}`) as { n: unknown };
        const kept = isLosslessNumber(n) ? n.value : String(n);
        expect(Exact.parse(kept).compare(Exact.parse(text))).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a": 1, "a": 1}', 'duplicate_json_key'],
    ['{"a": {"b": 1, "b": 2}}', 'duplicate_json_key'],
    ['{"\\u0061": 1, "a": 2}', 'duplicate_json_key'],
    ['[1,]', 'invalid_json'],
    ['{"a": 01}', 'invalid_json'],
    ['{"a": 1e999}', 'number_out_of_range'],
    ['"\\u0000"', 'invalid_text'],
    ['{"\\udc00": 1}', 'invalid_text'],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'json_too_deep'],
  ])('refuses %s', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }));
  });
});
