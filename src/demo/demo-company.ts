import type { DemoClient } from './demo-client.ts';

interface Seller {
  readonly code: string;
  readonly name: string;
  readonly currency: string;
  readonly timezone: string;
  readonly country: string;
  readonly prefix: string;
  readonly tax: { readonly code: string; readonly name: string; readonly rate: string };
  readonly customers: number;
}

const sellers: readonly Seller[] = [
  { code: 'default', name: 'Lumen Inc.', currency: 'USD', timezone: 'America/New_York', country: 'US', prefix: 'INV',
    tax: { code: 'ny-sales', name: 'New York sales tax', rate: '8.875' }, customers: 150 },
  { code: 'eu', name: 'Lumen GmbH', currency: 'EUR', timezone: 'Europe/Berlin', country: 'DE', prefix: 'EU',
    tax: { code: 'de-vat', name: 'Umsatzsteuer', rate: '19' }, customers: 100 },
  { code: 'uk', name: 'Lumen Ltd', currency: 'GBP', timezone: 'Europe/London', country: 'GB', prefix: 'UK',
    tax: { code: 'uk-vat', name: 'VAT', rate: '20' }, customers: 50 },
]; // prettier-ignore

const tiers = [
  { code: 'starter', name: 'Starter', amountCents: 2900, seats: '1', tokenPrice: '3.00' },
  { code: 'team', name: 'Team', amountCents: 9900, seats: '5', tokenPrice: '2.40' },
  { code: 'scale', name: 'Scale', amountCents: 49900, seats: '25', tokenPrice: '1.80' },
] as const;

const firstWords = ['Acme', 'Blue', 'Copper', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor', 'Indigo', 'Juniper'];
const lastWords = ['Analytics', 'Biotech', 'Cloud', 'Dynamics', 'Energy', 'Foods', 'Labs', 'Logistics', 'Robotics', 'Studios'];

/** Customers of one seller, in an order that mixes the tiers; the same at every run. */
const customerName = (index: number): string =>
  `${firstWords[index % 10]} ${lastWords[(index * 7 + Math.floor(index / 10)) % 10]}${index < 100 ? '' : ` ${Math.floor(index / 100) + 1}`}`;

export interface DemoStep {
  (step: string, done: number, of: number): void;
}

/** Sellers, catalog, customers, subscriptions from `start` on and a month of usage. */
export async function makeDemoCompany(client: DemoClient, start: Date, onStep: DemoStep): Promise<void> {
  const metrics = await makeMetrics(client);
  const all = sellers.flatMap((seller) => Array.from({ length: seller.customers }, (_, index) => ({ seller, index })));
  for (const seller of sellers) await makeSeller(client, seller, metrics);
  for (const [done, { seller, index }] of all.entries()) {
    await makeSubscriber(client, seller, index, start);
    onStep('Customers and subscriptions', done + 1, all.length);
  }
  const events = all.flatMap(({ seller, index }) => usageOf(seller, index, start));
  for (let sent = 0; sent < events.length; sent += 500) {
    await client.call('POST', '/events/batch', { events: events.slice(sent, sent + 500) });
    onStep('Usage events', Math.min(sent + 500, events.length), events.length);
  }
}

interface Metrics {
  readonly tokens: string;
  readonly storage: string;
}

async function makeMetrics(client: DemoClient): Promise<Metrics> {
  const make = async (code: string, name: string, aggregationType: string, fieldName: string): Promise<string> => {
    const { billable_metric } = await client.call<{ billable_metric: { lago_id: string } }>('POST', '/billable_metrics', {
      billable_metric: { code, name, aggregation_type: aggregationType, field_name: fieldName },
    });
    return billable_metric.lago_id;
  };
  return {
    tokens: await make('tokens', 'Tokens (millions)', 'sum_agg', 'millions'),
    storage: await make('storage', 'Storage (peak GB)', 'max_agg', 'gb'),
  };
}

async function makeSeller(client: DemoClient, seller: Seller, metrics: Metrics): Promise<void> {
  await client.call('POST', '/taxes', { tax: seller.tax });
  const fields = {
    name: seller.name,
    legal_name: seller.name,
    default_currency: seller.currency,
    timezone: seller.timezone,
    country: seller.country,
    document_number_prefix: seller.prefix,
    net_payment_term: 30,
    tax_codes: [seller.tax.code],
  };
  if (seller.code === 'default') await client.call('PATCH', '/billing_entities/default', { billing_entity: fields });
  else await client.call('POST', '/billing_entities', { billing_entity: { ...fields, code: seller.code } });
  await client.call('POST', '/add_ons', {
    add_on: { code: `seat-${seller.currency}`, name: 'Seat', amount_cents: 1200, amount_currency: seller.currency },
  });
  for (const tier of tiers)
    await client.call('POST', '/plans', {
      plan: {
        code: `${tier.code}-${seller.currency}`,
        name: tier.name,
        interval: 'monthly',
        amount_cents: tier.amountCents,
        amount_currency: seller.currency,
        pay_in_advance: false,
        fixed_charges: [{ add_on_code: `seat-${seller.currency}`, charge_model: 'standard', units: tier.seats }],
        charges: [
          { billable_metric_id: metrics.tokens, charge_model: 'standard', properties: { amount: tier.tokenPrice } },
          { billable_metric_id: metrics.storage, charge_model: 'standard', properties: { amount: '0.025' } },
        ],
      },
    });
}

const externalId = (seller: Seller, index: number): string => `${seller.code}-${index + 1}`;

async function makeSubscriber(client: DemoClient, seller: Seller, index: number, start: Date): Promise<void> {
  await client.call('POST', '/customers', {
    customer: {
      external_id: externalId(seller, index),
      name: customerName(index),
      billing_entity_code: seller.code,
      country: seller.country,
      currency: seller.currency,
    },
  });
  // Every seventh joined in the middle of the month and is prorated.
  const joined = index % 7 === 3 ? new Date(start.getTime() + 14 * 86_400_000) : start;
  await client.call('POST', '/subscriptions', {
    subscription: {
      external_customer_id: externalId(seller, index),
      external_id: externalId(seller, index),
      plan_code: `${tiers[index % 3]?.code}-${seller.currency}`,
      subscription_at: joined.toISOString(),
    },
  });
}

/** Ten events a subscription, spread over the month; made of its number, so that every run makes the same. */
function usageOf(seller: Seller, index: number, start: Date): object[] {
  return Array.from({ length: 10 }, (_, position) => {
    const isStorage = position % 5 === 4;
    return {
      transaction_id: `${externalId(seller, index)}-${position}`,
      external_subscription_id: externalId(seller, index),
      code: isStorage ? 'storage' : 'tokens',
      timestamp: new Date(start.getTime() + (15 + position) * 86_400_000 + index * 60_000).toISOString(),
      properties: isStorage
        ? { gb: (index * 13 + position * 7) % 500 }
        : { millions: `0.${String((index * 7919 + position * 104729) % 1_000_000).padStart(6, '0')}` },
    };
  });
}
