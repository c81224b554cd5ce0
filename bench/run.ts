import 'reflect-metadata';
import { billingRows } from './billing.ts';
import { currentUsageRows } from './current-usage.ts';
import { openGround } from './ground.ts';
import { inboxRows } from './inbox.ts';
import { ingestionRows } from './ingestion.ts';
import { domainLines } from './domain.ts';
import { logInto } from './product.ts';
import { progress, table } from './report.ts';
import { full, smoke } from './sizes.ts';
import { makeTemplate } from './template.ts';

/**
 * `npm run bench [-- --smoke]`: Florin against what PostgreSQL alone can do, in one run on one server. Speed is reported, never
 * asserted; the exit code is 1 when something is wrong.
 */
const sizes = process.argv.includes('--smoke') ? smoke : full;
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
  const pricing = domainLines(sizes.pricings);
  progress(pricing);
  const few = await makeTemplate(ground, 'shop_few', {
    subscriptions: sizes.few,
    eventsPerCharge: sizes.eventsPerCharge,
    sellers: 1,
  });
  const rows = [...(await ingestionRows(ground, sizes, few)), ...(await currentUsageRows(ground, sizes, few))];
  const inbox = await inboxRows(ground, sizes);
  const billing = await billingRows(ground, sizes, few);
  const [one, two, fifteen] = rows;
  process.stdout.write(
    `${table([one, two, ...billing.rows, ...inbox, fifteen].filter((row) => row !== undefined))}\n${billing.budget}\n${pricing}\n`,
  );
  await ground.close();
  process.exit(0);
} catch (error) {
  if (!interrupted) await fail(error);
}
