import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../src/app.module.ts';
import { readConfig } from '../src/platform/config/config.ts';
import { createApp } from '../src/platform/http/create-app.ts';
import { logTo } from '../src/platform/logging/log.ts';

const operatorKey = 'operator-key-of-the-bench';
export const webhookSecret = 'whsec_of_the_bench_0123456789';

/** Florin in this process, listening on a free port. */
export interface Product {
  readonly app: NestFastifyApplication;
  readonly url: string;
  close(): Promise<void>;
}

/** Florin logs as it does in production, to files. */
export function logInto(directory: string): void {
  logTo(createWriteStream(join(directory, 'florin.log')) as unknown as NodeJS.WriteStream);
}

export async function openProduct(databaseUrl: string, directory: string, billingWorkers = 2): Promise<Product> {
  const config = readConfig({
    FLORIN_ADMIN_API_KEY: operatorKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    FLORIN_LOG_DIR: join(directory, 'logs'),
    FLORIN_BILLING_WORKERS: String(billingWorkers),
  });
  const app = await createApp(AppModule.register(config, databaseUrl, { runsJobs: false }));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), close: () => app.close() };
}

type Wire = Readonly<Record<string, string>>;

/** Calls the API and answers the object inside the wrapper. */
async function make(
  product: Product,
  key: string,
  path: string,
  root: string,
  fields: object,
): Promise<Wire & { api_key: Wire }> {
  const response = await fetch(`${product.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ [root]: fields }),
  });
  const body = (await response.json()) as Record<string, Wire & { api_key: Wire }>;
  const made = body[root];
  if (!response.ok || !made) throw new Error(`POST ${path} answered ${response.status}: ${JSON.stringify(body)}`);
  return made;
}

/** An organization with something to sell, and the key that opens it. */
export interface Shop {
  readonly organizationId: string;
  readonly key: string;
}

/** Codes of what the shop meters; events carry the first in `properties.count`. */
export const metered = 'tokens';
export const counted = 'requests';

/**
 * Opened through the API: a plan of 49.00 a month, tokens at 0.02, requests at 0.001, a tax of 8.875 %, and as many sellers as
 * asked for.
 */
export async function openShop(product: Product, sellers: number): Promise<Shop> {
  const organization = await make(product, operatorKey, '/admin/v1/organizations', 'organization', {
    name: 'Bench',
    mode: 'live',
  });
  const key = organization.api_key['key'] ?? '';
  const create = (path: string, root: string, fields: object) => make(product, key, `/api/v1/${path}`, root, fields);
  await create('taxes', 'tax', { code: 'vat', name: 'VAT', rate: '8.875', applied_to_organization: true });
  for (let n = 2; n <= sellers; n++)
    await create('billing_entities', 'billing_entity', {
      code: `seller-${n}`,
      name: `Seller ${n}`,
      document_number_prefix: `S${n}`,
    });
  const tokens = await create('billable_metrics', 'billable_metric', {
    code: metered,
    name: 'Tokens',
    aggregation_type: 'sum_agg',
    field_name: 'count',
  });
  const requests = await create('billable_metrics', 'billable_metric', {
    code: counted,
    name: 'Requests',
    aggregation_type: 'count_agg',
  });
  await create('plans', 'plan', {
    code: 'team',
    name: 'Team',
    interval: 'monthly',
    amount_cents: 4900,
    amount_currency: 'USD',
    pay_in_advance: false,
    charges: [
      { billable_metric_id: tokens['lago_id'], charge_model: 'standard', properties: { amount: '0.02' } },
      { billable_metric_id: requests['lago_id'], charge_model: 'standard', properties: { amount: '0.001' } },
    ],
  });
  return { organizationId: organization['id'] ?? '', key };
}
