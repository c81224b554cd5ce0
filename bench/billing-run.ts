import type { INestApplicationContext } from '@nestjs/common';
import { CheckInvariants, GenerateInvoices } from '../src/modules/billing/index.ts';
import { type Ground, withClient } from './ground.ts';
import { billAllAtOnce, openRunAtOnce } from './one-statement.ts';
import { openProduct } from './product.ts';
import { dueAt } from './seed.ts';
import { statementsOf } from './tap.ts';
import type { Template } from './template.ts';

/** One way of billing everything that is due in a template. */
export interface Variant {
  readonly template: Template;
  /** Transactions at a time; `sql` is the one statement. More than ten are shared by two processes' worth of connections. */
  readonly by: 'sql' | 1 | 2 | 4 | 20;
}

/** As many as a process has connections. */
const workersOfOne = 10;

/** Each in a database of its own that nobody has billed in yet. */
export async function measureRun(
  ground: Ground,
  { template, by }: Variant,
  examine: boolean,
): Promise<{ rate: number; left: Left }> {
  const { organizationId } = template.shop;
  const url = await ground.copy(template.database, 'run');
  try {
    await withClient(url, (client) => client.query('checkpoint'));
    const product = await openProduct(url, ground.directory, by === 'sql' ? 1 : Math.min(by, workersOfOne));
    const others = by === 20 ? [await openProduct(url, ground.directory, by - workersOfOne)] : [];
    try {
      const started = performance.now();
      if (by === 'sql') await billBySql(url, organizationId);
      else
        await Promise.all(
          [product, ...others].map(({ app }) =>
            app.get(GenerateInvoices).forOrganization(organizationId, dueAt, { trigger: 'MANUAL' }),
          ),
        );
      const rate = (template.subscriptions * 1_000) / (performance.now() - started);
      const left = await leftBy(url);
      checkCounts(left, template.subscriptions);
      if (examine) await examineHealth(product.app);
      return { rate, left };
    } finally {
      for (const { close } of [...others, product]) await close();
    }
  } finally {
    await ground.drop('run');
  }
}

const billBySql = (url: string, organizationId: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ id: string }>(openRunAtOnce, [organizationId, dueAt]);
    await client.query(billAllAtOnce, [organizationId, rows[0]?.id, dueAt]);
  });

/** What a run leaves behind: the same whoever ran it. */
type Left = Readonly<Record<'invoices' | 'fees' | 'tax_lines' | 'periods' | 'events' | 'advanced' | 'money', string>>;

const leftBy = (url: string): Promise<Left> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<Left>(
      `select (select count(*) from invoices) as invoices, (select count(*) from fees) as fees, (select count(*) from invoice_taxes) as tax_lines,
        (select count(*) from billed_periods) as periods, (select count(*) from outbox_events where type = 'invoice.created') as events,
        (select count(*) from subscriptions where last_invoiced_at = $1) as advanced,
        (select md5(string_agg(s.external_id || ' ' || i.total_cents || ' ' || i.period_end || ' ' || i.issuing_date || ' ' || s.current_period_end || ' ' ||
            (select string_agg(f.name || f.units || f.amount_cents || f.taxes_amount_cents || (f.derivation->>'precise_amount_cents') || (f.derivation->'taxes'), ' ' order by f.name) from fees f
              where f.invoice_id = i.id), ' ' order by s.external_id))
          from invoices i join subscriptions s on s.id = i.subscription_id) as money`,
      [dueAt],
    );
    const [left] = rows;
    if (!left) throw new Error('a count without an answer');
    return left;
  });

function checkCounts(left: Left, subscriptions: number): void {
  const expected = { invoices: 1, fees: 3, tax_lines: 1, periods: 3, events: 1, advanced: 1 } as const;
  for (const [what, each] of Object.entries(expected) as [keyof typeof expected, number][])
    if (Number(left[what]) !== each * subscriptions) throw new Error(`${subscriptions} subscriptions left ${left[what]} ${what}`);
}

/** A run of a month that is over leaves overdue drafts for the finalizer, which has no part in what is measured. */
const leftToTheFinalizer = 'drafts_are_issued';

/** @throws Error naming every other rule that `florin doctor` sees broken */
export async function examineHealth(app: INestApplicationContext): Promise<void> {
  const violations = (await app.get(CheckInvariants).execute()).filter(({ invariant }) => invariant.name !== leftToTheFinalizer);
  if (violations.length > 0)
    throw new Error(
      `doctor: ${violations.map(({ invariant, offenders }) => `${invariant.name} (${offenders.join(', ')})`).join('; ')}`,
    );
}

/** Statements of the largest transaction of a run, BEGIN and COMMIT included, and how many subscriptions it billed. */
export async function statementsOfOneBatch(
  ground: Ground,
  template: Template,
): Promise<{ statements: number; subscriptions: number }> {
  const url = await ground.copy(template.database, 'run');
  const product = await openProduct(url, ground.directory, 2);
  try {
    const seen = await statementsOf(() =>
      product.app.get(GenerateInvoices).forOrganization(template.shop.organizationId, dueAt, { trigger: 'MANUAL' }),
    );
    let worst = { statements: 0, subscriptions: 0 };
    for (const client of new Set(seen.map((statement) => statement.client))) {
      let statements = 0;
      let subscriptions = 0;
      for (const { client: sender, text, values } of seen) {
        if (sender !== client) continue;
        if (/^(start transaction|begin)/i.test(text)) statements = subscriptions = 0;
        statements++;
        if (/^\s*insert into invoices\b/i.test(text))
          subscriptions = Math.max(...values.map((value) => (Array.isArray(value) ? value.length : 0)));
        if (/^commit/i.test(text) && subscriptions >= 200 && statements > worst.statements) worst = { statements, subscriptions };
      }
    }
    return worst;
  } finally {
    await product.close();
    await ground.drop('run');
  }
}
