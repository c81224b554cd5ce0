import { Client, getLagoError } from 'lago-javascript-client';
import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { stockShop } from '../support/shop.ts';
import { type Florin, startFlorin } from '../support/florin.ts';

/** The official client, unmodified, from a billable metric to a finalized and paid invoice. */
describe('the official lago-javascript-client', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('drives the story from metric to finalized invoice', async () => {
    const tenant = await florin.openOrganization('test');
    const lago = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const clock = (await tenant.call('GET', '/api/v1/test_clock')).body.test_clock.now as string;
    const begin = new Date(clock);
    const nextMonth = new Date(Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + 1, 1, 2));

    const { data: metric } = await lago.billableMetrics.createBillableMetric({
      billable_metric: { name: 'Tokens', code: 'tokens', aggregation_type: 'sum_agg', field_name: 'count', recurring: false },
    });
    const { data: tax } = await lago.taxes.createTax({
      tax: { name: 'VAT', code: 'vat', rate: '20', applied_to_organization: true },
    });
    expect(tax.tax.rate).toBe(20);
    const { data: addOn } = await lago.addOns.createAddOn({
      add_on: { name: 'Seat', code: 'seat', amount_cents: 1000, amount_currency: 'USD' },
    });
    expect(addOn.add_on.code).toBe('seat');
    const { data: plan } = await lago.plans.createPlan({
      plan: {
        name: 'Team',
        code: 'team',
        interval: 'monthly',
        amount_cents: 4900,
        amount_currency: 'USD',
        pay_in_advance: false,
        charges: [
          { billable_metric_id: metric.billable_metric.lago_id, charge_model: 'standard', properties: { amount: '0.02' } },
        ],
      },
    });
    expect(plan.plan.charges?.[0]).toMatchObject({ billable_metric_code: 'tokens', charge_model: 'standard' });
    const { data: customer } = await lago.customers.createCustomer({
      customer: { external_id: 'acme', name: 'Acme Corp', currency: 'USD' },
    });
    expect(customer.customer.sequential_id).toBe(1);
    const { data: subscription } = await lago.subscriptions.createSubscription({
      subscription: { external_customer_id: 'acme', plan_code: 'team', external_id: 'acme-team', billing_time: 'calendar' },
    });
    expect(subscription.subscription).toMatchObject({ status: 'active', plan_code: 'team' });

    const { data: previewed } = await lago.invoices.invoicePreview({ customer: { external_id: 'acme' }, plan_code: 'team' });
    expect(previewed.invoice).toMatchObject({ status: 'draft', currency: 'USD', invoice_type: 'subscription' });
    const { data: upcoming } = await lago.invoices.invoicePreview({
      customer: { external_id: 'acme' },
      subscriptions: { external_ids: ['acme-team'] },
    });
    expect(upcoming.invoice.fees?.map((fee) => fee.item.code)).toEqual(['team', 'tokens']);

    await lago.events.createEvent({
      event: {
        transaction_id: 'one',
        external_subscription_id: 'acme-team',
        code: 'tokens',
        properties: { count: 100 },
        timestamp: Math.floor(begin.getTime() / 1000),
      },
    });
    await lago.events.createBatchEvents({
      events: [
        {
          transaction_id: 'two',
          external_subscription_id: 'acme-team',
          code: 'tokens',
          properties: { count: 23 },
          timestamp: String(Math.floor(begin.getTime() / 1000) + 1),
        },
        {
          transaction_id: 'one',
          external_subscription_id: 'acme-team',
          code: 'tokens',
          properties: { count: 100 },
          timestamp: String(Math.floor(begin.getTime() / 1000)),
        },
      ],
    });
    const { data: event } = await lago.events.findEvent('two');
    expect(event.event).toMatchObject({ transaction_id: 'two', code: 'tokens' });
    const { data: usage } = await lago.customers.findCustomerCurrentUsage('acme', { external_subscription_id: 'acme-team' });
    expect(usage.customer_usage).toMatchObject({ amount_cents: 246, currency: 'USD' });

    await tenant.call('POST', '/api/v1/test_clock/advance', { to: nextMonth.toISOString() });
    const { data: invoices } = await lago.invoices.findAllInvoices({ external_customer_id: 'acme' });
    expect(invoices.meta.total_count).toBe(1);
    const id = invoices.invoices[0]?.lago_id ?? '';
    const { data: invoice } = await lago.invoices.findInvoice(id);
    expect(invoice.invoice).toMatchObject({
      status: 'finalized',
      payment_status: 'pending',
      currency: 'USD',
      number: expect.stringMatching(/^INV-\d{4}-0001$/),
    });
    expect(invoice.invoice.fees?.find((fee) => fee.item?.type === 'charge')).toMatchObject({
      units: '123',
      amount_cents: 246,
      events_count: 2,
    });
    const { data: paid } = await lago.invoices.updateInvoice(id, { invoice: { payment_status: 'succeeded' } });
    expect(paid.invoice.payment_status).toBe('succeeded');

    const { data: ended } = await lago.subscriptions.destroySubscription('acme-team');
    expect(ended.subscription.status).toBe('terminated');
  });

  it('keeps billing entities, and sells by them', async () => {
    const tenant = await florin.openOrganization('test');
    await setFlags(florin, tenant, ['multi_entity_billing']);
    const lago = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    await stockShop(tenant.call);
    const { data: made } = await lago.billingEntities.createBillingEntity({
      billing_entity: {
        code: 'eu',
        name: 'Acme Europe',
        default_currency: 'EUR',
        document_numbering: 'per_billing_entity',
        document_number_prefix: 'acme-eu',
        finalize_zero_amount_invoice: true,
        billing_configuration: {
          invoice_footer: 'HRB 1',
          document_locale: 'de',
          invoice_grace_period: 3,
          subscription_invoice_issuing_date_anchor: 'next_period_start',
          subscription_invoice_issuing_date_adjustment: 'align_with_finalization_date',
        },
        net_payment_term: 30,
        address_line1: 'Kurfürstendamm 1',
        phone: '+49 30 1',
        city: 'Berlin',
        country: 'DE',
        zipcode: '10719',
        email: 'rechnung@acme.test',
        legal_name: 'Acme GmbH',
        tax_identification_number: 'DE123456789',
        timezone: 'Europe/Berlin',
        email_settings: [],
        eu_tax_management: false,
        einvoicing: false,
      },
    });
    expect(made.billing_entity).toMatchObject({
      code: 'eu',
      document_numbering: 'per_billing_entity',
      document_number_prefix: 'ACME-EU',
      document_locale: 'de',
      invoice_footer: 'HRB 1',
      invoice_grace_period: 3,
      is_default: false,
      phone: '+49 30 1',
    });
    const { data: all } = await lago.billingEntities.listBillingEntities();
    expect(all.billing_entities.map(({ code, is_default }) => [code, is_default])).toEqual([
      ['default', true],
      ['eu', false],
    ]);
    await lago.billingEntities.updateBillingEntity('eu', {
      billing_entity: { net_payment_term: 14, document_number_prefix: null, billing_configuration: { invoice_grace_period: 0 } },
    });
    const { data: read } = await lago.billingEntities.getBillingEntity('eu');
    expect(read.billing_entity).toMatchObject({
      net_payment_term: 14,
      invoice_grace_period: 0,
      document_number_prefix: 'ACME-EU',
      taxes: [],
    });
    await lago.customers.createCustomer({ customer: { external_id: 'acme', billing_entity_code: 'eu' } });
    const { data: subscription } = await lago.subscriptions.createSubscription({
      subscription: { external_customer_id: 'acme', plan_code: 'team', external_id: 'sub', billing_entity_code: 'eu' },
    });
    expect(subscription.subscription.billing_entity_code).toBe('eu');
    const { data: moved } = await lago.subscriptions.updateSubscription('sub', {
      subscription: { ending_at: null, billing_entity_code: 'default' },
    });
    expect(moved.subscription.billing_entity_code).toBe('default');
    await expect(
      lago.subscriptions.updateSubscription('sub', { subscription: { ending_at: null, billing_entity_code: 'nowhere' } }),
    ).rejects.toMatchObject({ status: 404 });
  });

  it('understands the errors', async () => {
    const tenant = await florin.openOrganization();
    const lago = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const refusal = async (call: Promise<unknown>) => {
      try {
        await call;
        throw new Error('it was not refused');
      } catch (error) {
        return getLagoError<typeof lago.plans.createPlan>(error);
      }
    };
    expect(await refusal(lago.invoices.findInvoice('01a1feb0-0000-7000-8000-000000000000'))).toMatchObject({
      status: 404,
      code: 'invoice_not_found',
    });
    expect(
      await refusal(
        lago.plans.createPlan({
          plan: { name: '', code: 'x', interval: 'monthly', amount_cents: -1, amount_currency: 'USD', pay_in_advance: false },
        }),
      ),
    ).toMatchObject({
      status: 422,
      code: 'validation_errors',
      error_details: { name: expect.any(Array), amount_cents: ['value_is_invalid'] },
    });
  });
});
