import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop } from '../support/shop.ts';

/** Issue 4's plan: an organization with two sellers, told over HTTP and virtual time. */
describe('a subscription moves to another billing entity', () => {
  let florin: Florin;
  let tenant: Tenant;
  let entities: Record<'us' | 'eu', string>;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await stockShop(tenant.call);
    const us = await tenant.call('PATCH', '/api/v1/billing_entities/default', {
      name: 'US Inc',
      country: 'US',
      net_payment_term: 90,
    });
    const eu = await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'eu',
      name: 'EU GmbH',
      country: 'DE',
      document_number_prefix: 'EU',
    });
    entities = { us: us.body.billing_entity.lago_id, eu: eu.lago_id };
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme', name: 'Acme' });
    await start('first');
  });

  const start = (externalId: string, fields: object = {}) =>
    make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'acme',
      plan_code: 'team',
      external_id: externalId,
      ...fields,
    });
  const move = (externalId: string, fields: object) =>
    tenant.call('PATCH', `/api/v1/subscriptions/${externalId}`, { subscription: fields });
  const rowsOf = async (table: string) =>
    (await florin.sql.query(`select * from ${table} where organization_id = $1 order by id`, [tenant.id])).rows;
  const ownEntity = async (externalId: string) =>
    (await rowsOf('subscriptions')).find((row) => row.external_id === externalId)?.billing_entity_id as string | null;

  it('is billed by the new one from the next invoice on, and nothing of the past changes', async () => {
    // (1) one cycle
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    const [january] = await invoicesOf(tenant.call, 'first');
    expect(january).toMatchObject({ number: 'INV-2026-0001', billing_entity_code: 'default', status: 'finalized' });

    // (2) the move
    const customers = await rowsOf('customers');
    const moved = await move('first', { billing_entity_code: 'eu' });
    expect([moved.status, moved.body.subscription.billing_entity_code]).toEqual([200, 'eu']);
    expect(await ownEntity('first')).toBe(entities.eu);
    expect(await rowsOf('customers')).toEqual(customers);

    // (3) the next cycle
    await advance(tenant.call, '2026-03-01T00:30:00Z');
    const [february, before] = await invoicesOf(tenant.call, 'first');
    expect(february).toMatchObject({ number: 'EU-2026-0001', sequential_id: 1, billing_entity_code: 'eu', status: 'draft' });
    const { body: whole } = await tenant.call('GET', `/api/v1/invoices/${february.lago_id}`);
    expect(whole.invoice.fees.map((fee: { lago_billing_entity_id: string }) => fee.lago_billing_entity_id)).toEqual(
      whole.invoice.fees.map(() => entities.eu),
    );
    expect(before).toEqual(january);

    // (4) without the flag nothing moves
    await setFlags(florin, tenant, []);
    const ignored = await move('first', { billing_entity_code: 'default' });
    expect([ignored.status, ignored.body.subscription.billing_entity_code]).toEqual([200, 'eu']);
    expect(ignored.body.warnings).toEqual([
      { field: 'billing_entity_code', code: 'parameter_ignored', feature: 'multi_entity_billing' },
    ]);
    expect(await ownEntity('first')).toBe(entities.eu);

    // (5) what is not there, or not ours
    await setFlags(florin, tenant, ['multi_entity_billing']);
    const stranger = await florin.openOrganization('live', 'Stranger');
    const { body: foreign } = await stranger.call('GET', '/api/v1/billing_entities');
    for (const id of ['01a1feb0-0000-7000-8000-000000000000', foreign.billing_entities[0].lago_id])
      expect((await move('first', { billing_entity_id: id, name: 'never' })).body).toMatchObject({
        status: 404,
        error: 'Not Found',
        code: 'billing_entity_not_found',
      });
    expect((await tenant.call('GET', '/api/v1/subscriptions/first')).body.subscription.name).toBeNull();
  });

  it('leaves a draft that was made to the entity that made it, also when it is finalized (I16)', async () => {
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    await move('first', { billing_entity_code: 'eu' });
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(tenant.call, 'first'))[0]).toMatchObject({
      number: 'INV-2026-0001',
      billing_entity_code: 'default',
      status: 'finalized',
    });
  });

  it('leaves no gap behind: both series count on (I15)', async () => {
    await start('second');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    await move('first', { billing_entity_code: 'eu' });
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    await move('first', { billing_entity_code: null });
    await advance(tenant.call, '2026-04-01T03:00:00Z');
    const { rows } = await florin.sql.query(
      'select invoice_number from invoices where organization_id = $1 order by invoice_number',
      [tenant.id],
    );
    expect(rows.map((row) => row.invoice_number)).toEqual([
      'EU-2026-0001',
      'INV-2026-0001',
      'INV-2026-0002',
      'INV-2026-0003',
      'INV-2026-0004',
      'INV-2026-0005',
    ]);
  });

  describe('and another one stays', () => {
    const counts = async () =>
      (
        await florin.sql.query(
          `select (select count(*) from invoices where organization_id = $1)::int as invoices, (select count(*) from fees where organization_id = $1)::int as fees,
             (select count(*) from billing_runs where organization_id = $1)::int as runs, (select count(*) from outbox_events where organization_id = $1)::int as events,
             (select json_agg(n order by n.series) from number_series n where organization_id = $1) as numbers,
             (select json_agg(s.current_period_end order by s.id) from subscriptions s where organization_id = $1) as periods`,
          [tenant.id],
        )
      ).rows[0];
    const batch = () => tenant.call('POST', '/api/v1/customers/acme/generate-invoice');
    /** Puts the common billing day into the past without a run. */
    const passTo = (instant: string) =>
      florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant]);
    const externalIdsOf = (invoice: { subscriptions: { external_id: string }[] }) =>
      invoice.subscriptions.map((subscription) => subscription.external_id).toSorted();

    beforeEach(() => start('second'));

    it('(6) one invoice for both is refused, and nothing at all is written (I17)', async () => {
      await move('first', { billing_entity_code: 'eu' });
      await passTo('2026-02-01T00:00:00Z');
      const before = await counts();
      const { status, body } = await batch();
      expect(status).toBe(422);
      expect(body).toMatchObject({
        status: 422,
        error: 'Unprocessable Entity',
        code: 'validation_errors',
        error_details: { billing_entity: ['mixed_billing_entities'] },
      });
      expect(await counts()).toEqual(before);
      // The schedule bills the same day apart, and nothing is left.
      const { body: run } = await tenant.call('POST', '/api/v1/billing_runs');
      expect(run.billing_run).toMatchObject({ found: 2, successful: 2, failed: 0, feature_flags: ['multi_entity_billing'] });
      await setFlags(florin, tenant, []);
      const { body: later } = await tenant.call('GET', `/api/v1/billing_runs/${run.billing_run.lago_id}`);
      expect(later.billing_run.feature_flags).toEqual(['multi_entity_billing']);
      expect((await invoicesOf(tenant.call, 'first'))[0].number).toBe('EU-2026-0001');
      expect((await invoicesOf(tenant.call, 'second'))[0].number).toBe('INV-2026-0001');
    });

    it('one invoice for both is made where the named and the inherited entity are the same (I18)', async () => {
      await move('first', { billing_entity_id: entities.us });
      expect((await batch()).body).toMatchObject({ status: 405, code: 'subscription_not_billable' });
      await passTo('2026-02-01T00:00:00Z');
      const { status, body } = await batch();
      expect(status).toBe(200);
      expect(body.invoice).toMatchObject({
        number: 'INV-2026-0001',
        lago_subscription_id: null,
        fees_amount_cents: 2 * 7900,
        period_start: '2026-01-01T00:00:00Z',
        period_end: '2026-02-01T00:00:00Z',
      });
      expect(externalIdsOf(body.invoice)).toEqual(['first', 'second']);
      const perSubscription = (externalId: string) =>
        body.invoice.fees
          .filter((fee: { external_subscription_id: string }) => fee.external_subscription_id === externalId)
          .reduce((sum: number, fee: { amount_cents: number }) => sum + fee.amount_cents, 0);
      expect([perSubscription('first'), perSubscription('second')]).toEqual([7900, 7900]);
      for (const externalId of ['first', 'second']) {
        expect((await invoicesOf(tenant.call, externalId)).map((invoice) => invoice.number)).toEqual(['INV-2026-0001']);
        const { body: list } = await tenant.call('GET', `/api/v1/invoices?external_subscription_id=${externalId}`);
        expect(list.meta.total_count).toBe(1);
        const again = await tenant.call('POST', `/api/v1/subscriptions/${externalId}/generate-invoice`);
        expect(again.body.invoice.number).toBe('INV-2026-0001');
      }
      expect((await batch()).body.code).toBe('subscription_not_billable');
    });

    it('its customer wants one invoice: the run makes one for each entity, and never fails', async () => {
      await start('third');
      await tenant.call('PUT', '/api/v1/customers/acme', { consolidate_invoices: true });
      await move('third', { billing_entity_code: 'eu' });
      await advance(tenant.call, '2026-03-01T00:30:00Z');
      const { body } = await tenant.call('GET', '/api/v1/invoices?external_customer_id=acme');
      expect(body.invoices.map((invoice: { number: string }) => invoice.number).toSorted()).toEqual([
        'EU-2026-0001',
        'EU-2026-0002',
        'INV-2026-0001',
        'INV-2026-0002',
      ]);
      const bySubscription = async (externalId: string) =>
        (await invoicesOf(tenant.call, externalId)).map((invoice) => [invoice.number, invoice.fees_amount_cents]);
      const both = [
        ['INV-2026-0002', 2 * 7900],
        ['INV-2026-0001', 2 * 7900],
      ];
      expect([await bySubscription('first'), await bySubscription('second')]).toEqual([both, both]);
      const { body: runs } = await tenant.call('GET', '/api/v1/billing_runs');
      expect(runs.billing_runs[0]).toMatchObject({ found: 3, processed: 3, successful: 3, failed: 0 });
    });

    it('a voided invoice for both gives both their period back', async () => {
      await passTo('2026-02-01T00:00:00Z');
      const { body } = await batch();
      await tenant.call('PUT', `/api/v1/invoices/${body.invoice.lago_id}/finalize`);
      expect((await tenant.call('POST', `/api/v1/invoices/${body.invoice.lago_id}/void`)).body.invoice.status).toBe('voided');
      await expectHealthy(florin);
    });

    it('a subscription that cannot be billed keeps nobody else of its customer from it', async () => {
      await tenant.call('PUT', '/api/v1/customers/acme', { consolidate_invoices: true });
      await tenant.call('POST', '/api/v1/plans', {
        plan: {
          code: 'huge',
          name: 'Huge',
          interval: 'monthly',
          amount_cents: 0,
          amount_currency: 'USD',
          pay_in_advance: false,
          charges: [
            {
              billable_metric_id: (await tenant.call('GET', '/api/v1/billable_metrics/tokens')).body.billable_metric.lago_id,
              charge_model: 'standard',
              properties: { amount: '999999999999999' },
            },
          ],
        },
      });
      await start('poison', { plan_code: 'huge' });
      await tenant.call('POST', '/api/v1/events', {
        event: {
          transaction_id: 'p',
          external_subscription_id: 'poison',
          code: 'tokens',
          properties: { count: 99999999 },
          timestamp: '2026-01-05T00:00:00Z',
        },
      });
      await passTo('2026-02-01T00:00:00Z');
      const { body } = await tenant.call('POST', '/api/v1/billing_runs');
      expect(body.billing_run).toMatchObject({ found: 3, processed: 3, successful: 2, failed: 1 });
    });
  });
});
