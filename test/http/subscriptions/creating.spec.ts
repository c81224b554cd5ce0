import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { stockShop } from '../../support/shop.ts';

describe('a new subscription', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
  });
  afterAll(() => florin.stop());

  const subscribe = (fields: object) =>
    tenant.call('POST', '/api/v1/subscriptions', { subscription: { plan_code: 'team', ...fields } });
  const customers = async () => (await tenant.call('GET', '/api/v1/customers')).body.customers;

  it('makes its customer where there is none, once, in the currency of its plan', async () => {
    const made = await Promise.all(['a', 'b', 'c'].map((external_id) => subscribe({ external_customer_id: 'new', external_id })));
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await customers()).toMatchObject([
      { external_id: 'new', name: null, currency: 'USD', billing_entity_code: 'default', sequential_id: 1 },
    ]);
    const [customer] = await customers();
    const again = await subscribe({ external_customer_id: customer.lago_id, external_id: 'd' });
    expect(again.body.subscription.external_customer_id).toBe('new');
    const { rows } = await florin.sql.query(`select type from outbox_events where type = 'customer.created'`);
    expect(rows).toHaveLength(1);
  });

  it('makes no customer when it is refused', async () => {
    const before = await customers();
    for (const wrong of [
      { plan_code: 'nope' },
      { ending_at: '2001-01-01T00:00:00Z' },
      { usage_thresholds: [{ amount_cents: 1 }] },
    ])
      expect((await subscribe({ external_customer_id: 'refused', external_id: 'x', ...wrong })).status).toBeGreaterThan(400);
    expect(await customers()).toEqual(before);
  });

  it('keeps what Lago knows and Florin only shows again, also when the plan changes', async () => {
    const kept = {
      purchase_order_number: 'PO-1',
      consolidate_invoice: false,
      progressive_billing_disabled: true,
      payment_method: { payment_method_type: 'manual' },
      invoice_custom_section: { skip_invoice_custom_sections: true },
    };
    const made = await subscribe({ external_customer_id: 'new', external_id: 'kept', ...kept });
    expect(made.body.subscription).toMatchObject(kept);
    const changed = await tenant.call('PUT', '/api/v1/subscriptions/kept', { subscription: { purchase_order_number: 'PO-2' } });
    expect(changed.body.subscription).toMatchObject({ ...kept, purchase_order_number: 'PO-2' });
    await tenant.call('POST', '/api/v1/plans', {
      plan: {
        code: 'more',
        name: 'More',
        interval: 'monthly',
        amount_cents: 9900,
        amount_currency: 'USD',
        pay_in_advance: false,
      },
    });
    const upgraded = await subscribe({
      external_customer_id: 'new',
      external_id: 'kept',
      plan_code: 'more',
      consolidate_invoice: true,
    });
    expect(upgraded.body.subscription).toMatchObject({
      ...kept,
      plan_code: 'more',
      purchase_order_number: 'PO-2',
      consolidate_invoice: true,
    });
  });

  it.each([
    [{ activation_rules: [{}] }, { activation_rules: ['unsupported_value'] }],
    [{ usage_thresholds: [{ amount_cents: 1 }] }, { usage_thresholds: ['unsupported_value'] }],
    [{ payment_method: { payment_method_type: 'gold' } }, { 'payment_method.payment_method_type': ['value_is_invalid'] }],
    [{ purchase_order: '1' }, { purchase_order: ['unknown_field'] }],
  ])('is refused for %j', async (fields, error_details) => {
    const answer = await subscribe({ external_customer_id: 'new', external_id: 'refused', ...fields });
    expect(answer).toMatchObject({ status: 422, body: { error_details } });
  });
});
