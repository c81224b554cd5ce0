import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billingCase, billingIds, invoicingIds } from '../domain/cases.ts';

const named = (text: string, id: string) => new RegExp(`(^|[^\\w-])${id}($|[^\\w-])`, 'm').test(text);

/** That every case holds in the domain is proven there (cases-accounted.spec.ts); those with dates are stories as well. */
describe('the numeric cases', () => {
  const table = readFileSync(join(__dirname, '../domain/cases/README.md'), 'utf8');
  const files = (folder: string) =>
    readdirSync(join(__dirname, '..', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.spec.ts'))
      .map((file) => readFileSync(join(__dirname, '..', folder, file), 'utf8'));

  it('with dates run through HTTP and the virtual clock, or the table says why not', () => {
    const stories = ['scenarios', 'http', 'modules'].flatMap(files).join('\n');
    // A spec that runs a family of cases names its prefix.
    const runs = (id: string) => named(stories, id) || (id.startsWith('due-') && stories.includes("startsWith('due-')"));
    const isDated = (id: string) => /\d{4}-\d\d-\d\d/.test(JSON.stringify(billingCase(id)));
    const missing = billingIds(/./).filter((id) => isDated(id) && !runs(id) && !named(table, id));
    expect(missing).toEqual([]);
  });

  it('of Kill Bill’s time lines are each one story or one line of the table, never both', () => {
    const rows = table
      .split('\n')
      .filter((line) => line.startsWith('| KB-'))
      .flatMap((line) => line.split('|')[1]?.match(/[\w-]+/g) ?? []);
    const stories = files('scenarios');
    const timeLines = invoicingIds(/./).filter((id) => /^KB-(GEN|TREE|E2E)-/.test(id));
    expect(timeLines).toHaveLength(40);
    const accounts = timeLines.map((id) => [
      id,
      rows.filter((row) => row === id).length + stories.filter((text) => named(text, id)).length,
    ]);
    expect(accounts.filter(([, count]) => count !== 1)).toEqual([]);
  });
});
