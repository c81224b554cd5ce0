import { measureRun, statementsOfOneBatch, type Variant } from './billing-run.ts';
import type { Ground } from './ground.ts';
import { progress, ratiosOf, type Row, short, versus } from './report.ts';
import type { Sizes } from './sizes.ts';
import { makeTemplate, type Template } from './template.ts';

const statementBudget = 15;

/** Goals 6, 9, 10 and 11, and the budget of statements. */
export async function billingRows(ground: Ground, sizes: Sizes, few: Template): Promise<{ rows: Row[]; budget: string }> {
  const template = (database: string, subscriptions: number, sellers = 1): Promise<Template> =>
    makeTemplate(ground, database, { subscriptions, eventsPerCharge: sizes.eventsPerCharge, sellers });
  const some = await template('shop_some', sizes.some);
  const tenSellers = await template('shop_ten_sellers', sizes.some, 10);
  const most = await template('shop_most', sizes.most);
  const many = await template('shop_many', sizes.many);

  const budget = await statementsOfOneBatch(ground, few);
  const counted = `${budget.statements} SQL statements for a batch of ${budget.subscriptions} subscriptions, BEGIN and COMMIT included (budget ${statementBudget})`;
  if (budget.subscriptions < 200 || budget.statements > statementBudget) throw new Error(counted);

  const rates = await interleaved(
    ground,
    {
      mostBySql: { template: most, by: 'sql' },
      most: { template: most, by: 2 },
      one: { template: some, by: 1 },
      two: { template: some, by: 2 },
      four: { template: some, by: 4 },
      tenSellers: { template: tenSellers, by: 2 },
      twenty: { template: some, by: 20 },
      twentyForTen: { template: tenSellers, by: 20 },
      few: { template: few, by: 2 },
      many: { template: many, by: 2 },
    },
    sizes.repetitions,
  );
  const compare = (
    goal: string,
    what: string,
    [above, below]: readonly [keyof typeof rates, keyof typeof rates],
    [floor, target]: readonly [number, number],
  ): Row => ({
    goal,
    what,
    ratios: ratiosOf(rates[above], rates[below]),
    floor,
    target,
    rates: versus('invoices/s', rates[above], rates[below]),
  });
  const growth = `billing ${short(sizes.many)} subscriptions : ${short(sizes.few)}`;
  return {
    rows: [
      compare('6', `billing ${short(sizes.most)}, 2 workers : one SQL statement`, ['most', 'mostBySql'], [0.35, 0.7]),
      compare('9', 'billing by 2 workers : 1', ['two', 'one'], [1.2, 1.2]),
      compare('9', 'billing by 4 workers : 2', ['four', 'two'], [0.8, 0.8]),
      compare('10', 'billing for one billing entity : ten', ['two', 'tenSellers'], [0.85, 0.85]),
      compare('10', 'the same by 20 workers at once', ['twenty', 'twentyForTen'], [0.85, 0.85]),
      compare('11', growth, ['many', 'few'], [0.85, 0.85]),
    ],
    budget: counted,
  };
}

/** Every variant once a repetition, beginning with another one each time. All of one template must leave the same money. */
async function interleaved<Name extends string>(
  ground: Ground,
  variants: Readonly<Record<Name, Variant>>,
  repetitions: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const moneyOf = new Map<Template, string>();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const offset = repetition % names.length;
    for (const name of [...names.slice(offset), ...names.slice(0, offset)]) {
      const variant: Variant = variants[name];
      const { rate, left } = await measureRun(ground, variant, repetition === 0);
      progress(`billing ${repetition + 1}/${repetitions} ${name}: ${short(rate)} invoices/s`);
      rates[name].push(rate);
      const known = moneyOf.get(variant.template) ?? left.money;
      if (known !== left.money) throw new Error(`${name} billed ${variant.template.database} differently from the run before it`);
      moneyOf.set(variant.template, known);
    }
  }
  return rates;
}
