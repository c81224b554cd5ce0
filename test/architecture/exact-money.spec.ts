import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const domain = join(__dirname, '../../src/domain');

/** Names of what is money or multiplies it, declared as a JavaScript number: arithmetic on them would be a float's. */
const floatMoney = /\b\w*(?:[cC]ents|[aA]mount|[pP]rice|[rR]ate|[uU]nits|[tT]otal|[bB]alance)\??\s*:\s*(?:readonly\s+)?number\b/;
/** A float literal, or a JavaScript rounding. Counts of days and digits may use floor, min, max and abs. */
const floatArithmetic =
  /(?<![\w.'"`-])\d+\.\d+(?![\w.'"`-])|\bMath\.(?:round|ceil|trunc|pow|fround)\b|\.toFixed\(|\bparseFloat\b/;

const codeOf = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');

describe('money in src/domain', () => {
  const lines = readdirSync(domain, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return codeOf(readFileSync(path, 'utf8'))
        .split('\n')
        .map((text) => `${relative(domain, path)}: ${text.trim()}`);
    });

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
