import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billingCase, billingIds } from '../domain/cases.ts';

const named = (text: string, id: string) => new RegExp(`(^|[^\\w-])${id}($|[^\\w-])`, 'm').test(text);

/** That every case holds in the domain is proven there (cases-accounted.spec.ts); those with dates are stories as well. */
describe('the numeric cases', () => {
  const table = readFileSync(join(__dirname, '../domain/cases/README.md'), 'utf8');

  it('with dates run through HTTP and the virtual clock, or the table says why not', () => {
    const folders = ['scenarios', 'http', 'modules'].map((folder) => join(__dirname, '..', folder));
    const stories = folders
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
      .filter((file) => file.endsWith('.spec.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    // A spec that runs a family of cases names its prefix.
    const runs = (id: string) => named(stories, id) || (id.startsWith('due-') && stories.includes("startsWith('due-')"));
    const isDated = (id: string) => /\d{4}-\d\d-\d\d/.test(JSON.stringify(billingCase(id)));
    const missing = billingIds(/./).filter((id) => isDated(id) && !runs(id) && !named(table, id));
    expect(missing).toEqual([]);
  });
});
