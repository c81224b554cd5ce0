import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const src = join(__dirname, '../../src');
const domain = join(src, 'domain');

/** Names of what is money or multiplies it, declared as a JavaScript number: arithmetic on them would be a float's. */
const floatMoney = /\b\w*(?:[cC]ents|[aA]mount|[pP]rice|[rR]ate|[uU]nits|[tT]otal|[bB]alance)\??\s*:\s*(?:readonly\s+)?number\b/;
/** A float literal, or a JavaScript rounding. Counts of days and digits may use floor, min, max and abs. */
const floatArithmetic =
  /(?<![\w.'"`-])\d+\.\d+(?![\w.'"`-])|\bMath\.(?:round|ceil|trunc|pow|fround)\b|\.toFixed\(|\bparseFloat\b/;

/** A conversion of money into a JavaScript number. */
const floatConversion = /\b(?:Number|parseFloat)\([^)]*(?:[cC]ents|[aA]mount|[pP]rice)/;

const codeOf = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');

const linesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return codeOf(readFileSync(path, 'utf8'))
        .split('\n')
        .map((text) => `${relative(folder, path)}: ${text.trim()}`);
    });

describe('money in src/domain', () => {
  const lines = linesOf(domain);

  it('was looked at', () => {
    expect(lines.length).toBeGreaterThan(1000);
  });

  it('is no JavaScript number, and is rounded only by Exact', () => {
    expect(lines.filter((line) => floatMoney.test(line) || floatArithmetic.test(line))).toEqual([]);
  });

  it.each([
    'amountCents: number',
    'readonly unitAmount?: number;',
    'rate: number',
    'x = 0.01 * y',
    'Math.round(a)',
    'a.toFixed(2)',
  ])('would be found: %s', (line) => {
    expect(floatMoney.test(line) || floatArithmetic.test(line)).toBe(true);
  });
});

describe('money in src', () => {
  it('never becomes a JavaScript number on its way out', () => {
    expect(linesOf(src).filter((line) => floatConversion.test(line))).toEqual([]);
  });

  it.each(['unit_amount: Number(plan.amountCents)', "Number(charge['amount_refunded'] ?? 0)", 'parseFloat(unitPrice)'])(
    'would be found: %s',
    (line) => expect(floatConversion.test(line)).toBe(true),
  );
});
