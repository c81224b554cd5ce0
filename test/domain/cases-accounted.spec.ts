import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billingIds, invoicingIds } from './cases.ts';

const named = (text: string, id: string) => new RegExp(`(^|[^\\w-])${id}($|[^\\w-])`, 'm').test(text);

/** No numeric case is forgotten: a spec names it, a spec runs its whole area, or the table in cases/README.md says where it is. */
describe('the numeric cases', () => {
  const specs = readdirSync(__dirname)
    .filter((file) => file.endsWith('.spec.ts') && file !== 'cases-accounted.spec.ts')
    .map((file) => readFileSync(join(__dirname, file), 'utf8'))
    // Time lines are stories through HTTP.
    .concat(readFileSync(join(__dirname, '../scenarios/life/kill-bill.spec.ts'), 'utf8'))
    .join('\n');
  const table = readFileSync(join(__dirname, 'cases/README.md'), 'utf8');
  const byArea = new Set([
    ...billingIds(/^day-count$/),
    ...billingIds(/./).filter((id) => id.startsWith('due-')),
    ...invoicingIds(/^proration\/in-advance/),
  ]);
  const all = [...billingIds(/./), ...invoicingIds(/./)];

  it('are all there', () => {
    expect(all).toHaveLength(263);
    expect(new Set(all).size).toBe(263);
  });

  it('each hold in a spec of the domain, or stand in the table of the others', () => {
    const inSpecs = all.filter((id) => byArea.has(id) || named(specs, id));
    const inTable = all.filter((id) => named(table, id));
    expect(all.filter((id) => !inSpecs.includes(id) && !inTable.includes(id))).toEqual([]);
  });
});
