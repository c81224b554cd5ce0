import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statusByCode } from '../../src/domain/errors/error-codes.ts';

describe('docs/errors.md', () => {
  const rows = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, status, code, meaning, advice] = /^\| (\d{3}) *\| `(\w+)` *\| (.+?) *\| (.+?) *\|$/.exec(line) ?? [];
      return code === undefined ? [] : [{ status: Number(status), code, meaning, advice }];
    });

  it('lists every code with its status, and no other', () => {
    expect(rows.map(({ code, status }) => [code, status])).toEqual(Object.entries(statusByCode));
  });

  it('says what each means and what to do', () => {
    for (const { meaning = '', advice = '' } of rows) {
      expect(meaning.length).toBeGreaterThan(10);
      expect(advice.length).toBeGreaterThan(5);
    }
  });
});
