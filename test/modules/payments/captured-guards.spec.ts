import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make, stockShop } from '../../support/shop.ts';
import { deliver, stripeEvent, webhookSecret } from '../../support/stripe.ts';
import { checkoutSession, invoicePayment, paid, stripeInvoice } from '../../support/stripe-objects.ts';

/** What Stripe may change of an issued copy, and nobody else: planted straight in SQL. */
describe('captured invoices are guarded by the database', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret });
    tenant = await florin.openOrganization('test');
    await stockShop(tenant.call);
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme' });
    await florin.operator('POST', '/admin/v1/subscriptions', {
      subscription: {
        organization_id: tenant.id,
        external_customer_id: 'acme',
        plan_code: 'team',
        external_id: 'sub',
        provider_subscription_id: 'cs_1',
      },
    });
    await deliver(
      florin,
      stripeEvent('checkout.session.completed', checkoutSession()),
      stripeEvent('invoice.paid', stripeInvoice({ ...paid, number: null })),
      stripeEvent('invoice_payment.paid', invoicePayment()),
    );
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  async function refusedBy(...statements: string[]): Promise<string | undefined> {
    const client = await florin.sql.connect();
    try {
      await client.query('begin');
      for (const statement of statements) await client.query(statement);
      await client.query('set constraints all immediate');
      return undefined;
    } catch (error) {
      return (error as { constraint?: string }).constraint ?? String(error);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
  const line = (type: string, amount: number) =>
    `insert into fees (organization_id, id, invoice_id, billing_entity_id, currency, subscription_id, fee_type, name, units, events_count, unit_amount, amount_cents,
       taxes_rate, taxes_amount_cents, derivation, created_at)
     select organization_id, gen_random_uuid(), invoice_id, billing_entity_id, currency, subscription_id, '${type}', 'x', 1, 0, 1, ${amount}, 0, 0, '{}', now() from fees limit 1`;
  const header = (amount: number) =>
    `update invoices set fees_amount_cents = fees_amount_cents + ${amount}, total_cents = total_cents + ${amount}, total_paid_cents = total_cents + ${amount}`;

  it.each([
    ['a line that is no refund', 'issued_fees_are_immutable', [header(5), line('add_on', 5)]],
    ['a sum without its line', 'invoice_equals_its_fees', [header(-5)]],
    ['a refund that the sum does not follow', 'invoice_equals_its_fees', [line('refund', -5)]],
    ['a changed line', 'issued_fees_are_immutable', ['update fees set amount_cents = 1']],
    ['another customer', 'issued_invoices_are_immutable', [`update invoices set timezone = 'Asia/Tokyo'`]],
    [
      'a tax of its own',
      'issued_invoices_are_immutable',
      ['update invoices set taxes_amount_cents = 1, total_cents = total_cents + 1'],
    ],
    [
      'a second real number',
      'issued_invoices_are_immutable',
      [`update invoices set invoice_number = 'REAL-1'`, `update invoices set invoice_number = 'REAL-2'`],
    ],
    [
      'a source without its id',
      'ck_invoices_captured',
      [
        `insert into invoices select (jsonb_populate_record(i, '{"id": "01a1feb0-0000-7000-8000-00000000000b", "series": "x",
      "invoice_number": "X", "status": "DRAFT", "finalized_at": null, "paid_at": null, "provider_invoice_id": null}')).* from invoices i`,
      ],
    ],
    ['a state that does not follow', 'invoices_follow_their_lifecycle', [`update invoices set status = 'OPEN'`]],
    [
      'one event kept twice',
      'uq_inbound_events_event',
      [
        `insert into inbound_events (id, provider, account, livemode, event_id, type, occurred_at, object_type, object_id, lane, body, fingerprint, status)
         select gen_random_uuid(), provider, account, livemode, event_id, type, occurred_at, object_type, object_id, lane, body, fingerprint, 'RECEIVED' from inbound_events limit 1`,
      ],
    ],
    [
      'two events of a lane in progress',
      'uq_inbound_events_lane_in_progress',
      [`update inbound_events set status = 'PROCESSING', processed_at = null, lane = 'one'`],
    ],
    ['an event processed at no time', 'ck_inbound_events_processed', ['update inbound_events set processed_at = null']],
    [
      'a customer of the provider in two places',
      'uq_provider_customers_provider_id',
      [
        `insert into customers select (jsonb_populate_record(c, '{"id": "01a1feb0-0000-7000-8000-00000000000a", "external_id": "second", "sequential_id": 99}')).* from customers c`,
        `insert into provider_customers select organization_id, '01a1feb0-0000-7000-8000-00000000000a', provider, provider_customer_id, false, null, null, now(), now() from provider_customers`,
      ],
    ],
    [
      'a checkout closed that nobody wanted closed',
      'ck_provider_subscriptions_closed',
      ['update provider_subscriptions set closed_at = now()'],
    ],
    [
      'a checkout closed in some other way',
      'ck_provider_subscriptions_closes',
      [`update provider_subscriptions set closes = 'SOMEHOW'`],
    ],
    [
      'a customer of a provider that is none',
      'ck_customers_payment_provider',
      [`update customers set payment_provider = 'CROSSMINT'`],
    ],
    [
      'a seller of a provider that is none',
      'ck_billing_entities_payment_provider',
      [`update billing_entities set payment_provider = 'CROSSMINT'`],
    ],
    [
      'a price of a plan that is none',
      'fk_provider_prices_plan',
      [
        `insert into provider_prices select organization_id, gen_random_uuid(), 'STRIPE', 'USD 1', 'price_1', now() from plans limit 1`,
      ],
    ],
    [
      'two prices for the same terms',
      'pk_provider_prices',
      [1, 2].map(
        (n) =>
          `insert into provider_prices select organization_id, id, 'STRIPE', 'USD 1', 'price_${n}', now() from plans limit 1`,
      ),
    ],
    [
      'a payment kept twice',
      'uq_invoice_payments_provider_id',
      [
        'insert into invoice_payments select organization_id, gen_random_uuid(), invoice_id, provider, provider_payment_id, payment_intent_id, charge_id, status, amount_cents, currency, 0, null, now(), now() from invoice_payments',
      ],
    ],
  ] as [string, string, string[]][])('refuses %s (%s)', async (_, constraint, statements) => {
    expect(await refusedBy(...statements)).toBe(constraint);
  });

  it('lets the links, the first real number and a refund with its sum through', async () => {
    const links = `update invoices set invoice_pdf = 'https://x.test', hosted_invoice_url = 'https://y.test', invoice_number = 'REAL-1'`;
    expect(await refusedBy(links, header(-5), line('refund', -5))).toBeUndefined();
  });
});
