import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { billingRows } from './billing.ts';
import { currentUsageRows } from './current-usage.ts';
import { openGround } from './ground.ts';
import { inboxRows } from './inbox.ts';
import { ingestionRows } from './ingestion.ts';
import { domainLines } from './domain.ts';
import { logInto } from './product.ts';
import { progress, type Row, table } from './report.ts';
import { full, smoke } from './sizes.ts';
import { makeTemplate } from './template.ts';

const parts = ['domain', 'ingestion', 'current_usage', 'inbox', 'billing'] as const;
type Part = (typeof parts)[number];

/**
 * `npm run bench [-- --smoke] [-- --only ingestion,inbox]`: Florin against what PostgreSQL alone can do, in one run on one server.
 * Speed is reported, never asserted; the exit code is 1 when something is wrong.
 */
const { values: options } = parseArgs({ options: { smoke: { type: 'boolean' }, only: { type: 'string' } } });
const only = options.only?.split(',') ?? parts;
const stray = only.find((part) => !parts.includes(part as Part));
if (stray !== undefined) {
  process.stderr.write(`There is no part "${stray}" of the bench; there are ${parts.join(', ')}.\n`);
  process.exit(1);
}
const measures = (part: Part): boolean => only.includes(part);
const sizes = options.smoke ? smoke : full;
const ground = await openGround();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    void ground.close().finally(() => process.exit(130));
  });
// What breaks because PostgreSQL is being stopped is no news.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error) => {
    if (!interrupted) void fail(error);
  });

async function fail(error: unknown): Promise<never> {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  await ground.close();
  process.exit(1);
}

try {
  logInto(ground.directory);
  const said: string[] = [];
  if (measures('domain')) {
    said.push(domainLines(sizes.pricings));
    progress(said.join('\n'));
  }
  const few = await makeTemplate(ground, 'shop_few', {
    subscriptions: sizes.few,
    eventsPerCharge: sizes.eventsPerCharge,
    sellers: 1,
  });
  const rows: Row[] = [];
  if (measures('ingestion')) rows.push(...(await ingestionRows(ground, sizes, few)));
  if (measures('current_usage')) rows.push(...(await currentUsageRows(ground, sizes, few)));
  if (measures('inbox')) rows.push(...(await inboxRows(ground, sizes)));
  if (measures('billing')) {
    const billing = await billingRows(ground, sizes, few);
    rows.push(...billing.rows);
    said.unshift(billing.budget);
  }
  process.stdout.write(`${[table(rows.toSorted(byGoal)), ...said].join('\n')}\n`);
  await ground.close();
  process.exit(0);
} catch (error) {
  if (!interrupted) await fail(error);
}

function byGoal(a: Row, b: Row): number {
  return a.goal.localeCompare(b.goal, 'en', { numeric: true });
}
