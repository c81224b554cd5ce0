import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cliProgress from 'cli-progress';
import { DataSource } from 'typeorm';
import { OpenOrganization } from '../modules/billing-entities/index.ts';
import { AdvanceTestClock } from '../modules/billing/index.ts';
import { OrganizationRow } from '../modules/organizations/index.ts';
import type { Config } from '../platform/config/config.ts';
import { defaultFeatureFlags } from '../platform/feature-flags/flags.ts';
import { DemoClient } from './demo-client.ts';
import { makeDemoCompany } from './demo-company.ts';
import { invoiceSpelledOut, invoiceTable, type ListedInvoice, type WholeInvoice } from './print-invoices.ts';

const organizationName = 'Lumen (demo)';

/** Makes the demo company unless it is there, bills its month, and prints what a newcomer wants to see. */
export async function runDemo(app: NestFastifyApplication, config: Config, url: string): Promise<void> {
  const keyFile = join(config.dataDir, 'demo-api-key');
  const dataSource = app.get(DataSource);
  const known = await dataSource.manager.findOneBy(OrganizationRow, { name: organizationName });
  const isComplete = known !== null && existsSync(keyFile);
  const key = isComplete ? readFileSync(keyFile, 'utf8').trim() : await makeAndBill(app, config, url, keyFile);
  const client = new DemoClient(url, key);
  await print(client, url, key);
}

async function makeAndBill(app: INestApplicationContext, config: Config, url: string, keyFile: string): Promise<string> {
  const { organization, key } = await app
    .get(OpenOrganization)
    .execute({ name: organizationName, mode: 'TEST', featureFlags: defaultFeatureFlags });
  const now = organization.createdAt;
  const monthStart = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const previousMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1, 12));
  // The demo's own clock begins a month ago; the public API refuses to turn a clock back.
  await app.get(DataSource).manager.update(OrganizationRow, { id: organization.id }, { virtualNow: previousMonth });
  const progress = progressBar();
  try {
    await makeDemoCompany(new DemoClient(url, key), previousMonth, progress.show);
    const afterFinalization = new Date(monthStart.getTime() + 12 * 3_600_000);
    await app.get(AdvanceTestClock).execute(organization.id, afterFinalization, (done, found) => {
      if (found > 0) progress.show('Billing run', done, found);
      return true;
    });
  } finally {
    progress.stop();
  }
  mkdirSync(config.dataDir, { recursive: true });
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  return key;
}

/** One bar a step on a terminal, one line a step elsewhere; the sellers' months end at different hours, so there are several runs. */
function progressBar(): { show(step: string, done: number, of: number): void; stop(): void } {
  let current: { step: string; of: number; bar?: cliProgress.SingleBar } | undefined;
  const stop = (): void => current?.bar?.stop();
  return {
    stop,
    show(step, done, of) {
      if (current?.step !== step || current.of !== of) {
        stop();
        const bar = process.stdout.isTTY
          ? new cliProgress.SingleBar({ format: `${step.padEnd(28)} {bar} {value}/{total}` }, cliProgress.Presets.shades_classic)
          : undefined;
        bar?.start(of, 0);
        if (!bar) process.stdout.write(`${step}: ${of}\n`);
        current = { step, of, ...(bar ? { bar } : {}) };
      }
      current.bar?.update(done);
    },
  };
}

const shownPerSeller = 4;

async function print(client: DemoClient, url: string, key: string): Promise<void> {
  const shown: ListedInvoice[] = [];
  let count = 0;
  for (const code of ['default', 'eu', 'uk']) {
    const page = await client.call<{ invoices: ListedInvoice[]; meta: { total_count: number } }>(
      'GET',
      `/invoices?per_page=${shownPerSeller}&billing_entity_codes=${code}`,
    );
    shown.push(...page.invoices);
    count += page.meta.total_count;
  }
  const chosen = shown[0];
  if (!chosen) throw new Error('the demo company has no invoice');
  const { invoice } = await client.call<{ invoice: WholeInvoice }>('GET', `/invoices/${chosen.lago_id}`);
  process.stdout.write(`
${invoiceTable(shown, count)}

${invoiceSpelledOut(invoice)}

Florin listens on ${url}   API: ${url}/docs
Your key:  ${key}
Try it:    curl -s -H 'Authorization: Bearer ${key}' '${url}/api/v1/invoices?per_page=1'
Next month: curl -s -X POST -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
              -d '{"to": "${nextMonth()}"}' ${url}/api/v1/test_clock/advance
Ctrl-C ends it; the data stays.
`);
}

function nextMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2)).toISOString();
}
