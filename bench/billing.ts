import { measureRun, statementsOfOneBatch, type Variant } from './billing-run.ts';
import type { Ground } from './ground.ts';
import { progress, ratiosOf, type Row, short, versus } from './report.ts';
import type { Sizes } from './sizes.ts';
import { makeTemplate, type Template } from './template.ts';

const statementBudget = 15;

/** Goals 6, 9, 10 and 11, and the budget of statements. */
export async function billingRows(ground: Ground, sizes: Sizes, few: Template): Promise<{ rows: Row[]; budget: string }> {
  const { eventsPerCharge } = sizes;
  const base = await makeTemplate(ground, 'base', { subscriptions: sizes.subscriptions, eventsPerCharge, sellers: 1 });
  const tenSellers = await makeTemplate(ground, 'ten_sellers', {
    subscriptions: sizes.subscriptions,
    eventsPerCharge,
    sellers: 10,
  });
  const many = await makeTemplate(ground, 'many', { subscriptions: sizes.many, eventsPerCharge, sellers: 1 });

  const budget = await statementsOfOneBatch(ground, few);
  if (budget.subscriptions < 200 || budget.statements > statementBudget)
    throw new Error(
      `a batch of ${budget.subscriptions} subscriptions took ${budget.statements} statements, the budget is ${statementBudget}`,
    );

  const variants = {
    sql: { template: base, by: 'sql' },
    two: { template: base, by: 2 },
    one: { template: base, by: 1 },
    four: { template: base, by: 4 },
    tenSellers: { template: tenSellers, by: 2 },
    few: { template: few, by: 2 },
    many: { template: many, by: 2 },
  } as const satisfies Record<string, Variant>;
  const rates = await interleaved(ground, variants, sizes.repetitions);

  const rows: Row[] = [
    {
      goal: '6',
      what: '2 workers : one SQL statement',
      ratios: ratiosOf(rates.two, rates.sql),
      floor: 0.35,
      target: 0.7,
      rates: versus('invoices/s', rates.two, rates.sql),
    },
    {
      goal: '9',
      what: '2 workers : 1 worker',
      ratios: ratiosOf(rates.two, rates.one),
      floor: 1.2,
      target: 1.2,
      rates: versus('invoices/s', rates.two, rates.one),
    },
    {
      goal: '9',
      what: '4 workers : 2 workers',
      ratios: ratiosOf(rates.four, rates.two),
      floor: 0.8,
      target: 0.8,
      rates: versus('invoices/s', rates.four, rates.two),
    },
    {
      goal: '10',
      what: 'one billing entity : ten',
      ratios: ratiosOf(rates.two, rates.tenSellers),
      floor: 0.85,
      target: 0.85,
      rates: versus('invoices/s', rates.two, rates.tenSellers),
    },
    {
      goal: '11',
      what: `${short(many.subscriptions)} subscriptions : ${short(few.subscriptions)}`,
      ratios: ratiosOf(rates.many, rates.few),
      floor: 0.85,
      target: 0.85,
      rates: versus('invoices/s', rates.many, rates.few),
    },
  ];
  return {
    rows,
    budget: `${budget.statements} SQL statements for a batch of ${budget.subscriptions} subscriptions, BEGIN and COMMIT included (budget ${statementBudget})`,
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
