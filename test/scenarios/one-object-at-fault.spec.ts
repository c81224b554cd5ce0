import { FinalizeInvoices } from '../../src/modules/billing/finalize-invoices.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../support/shop.ts';

/** Each job meets an object that it cannot work on, with others of its organization beside it and a younger organization behind it. */
describe('one object at fault', () => {
  let florin: Florin;
  let first: Tenant;
  let second: Tenant;
  beforeEach(async () => {
    florin = await startFlorin();
    first = await florin.openOrganization('test', 'First');
    second = await florin.openOrganization('test', 'Second');
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const january = { subscription_at: '2026-01-01T00:00:00Z', billing_time: 'calendar' };
  const statusOf = async ({ call }: Tenant, subscription: string) => (await invoicesOf(call, subscription))[0]?.status;
  const attentionOf = async ({ call }: Tenant) => (await call('GET', '/api/v1/needs_attention')).body.needs_attention;
  /** What was played on a virtual clock goes on by the wall clock, as every live organization does. */
  const goLive = () => florin.sql.query(`update organizations set mode = 'LIVE', virtual_now = null`);

  async function drafts(tenant: Tenant, names: readonly string[]): Promise<void> {
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    const { call } = tenant;
    await stockShop(call);
    await call('PUT', '/api/v1/billing_entities/default', {
      billing_entity: { country: 'US', state: 'NY', tax_by_address: true },
    });
    for (const name of names) {
      await subscribe(call, name, january);
      await make(call, '/api/v1/customers', 'customer', { external_id: `customer of ${name}`, country: 'US', state: 'NY' });
    }
    await advance(call, '2026-02-01T00:10:00Z');
  }

  it('a draft whose customer lost its address is issued with the tax that stands on it', async () => {
    await drafts(first, ['a', 'b']);
    const { call } = first;
    await call('PUT', '/api/v1/customers/customer%20of%20a', { customer: { state: null } });
    for (const name of ['a', 'b']) await use(call, name, 'tokens', { count: 100 }, '2026-01-15T00:00:00Z');
    await advance(call, '2026-02-01T02:00:00Z');
    const [lost, kept] = [(await invoicesOf(call, 'a'))[0], (await invoicesOf(call, 'b'))[0]];
    expect(lost).toMatchObject({
      status: 'finalized',
      fees_amount_cents: 7900 + 200,
      taxes_amount_cents: kept.taxes_amount_cents,
    });
    expect(await attentionOf(first)).toEqual([]);
  });

  describe('a draft whose prices cannot be read', () => {
    /** Of `a`, whose plan is its own. */
    const spoil = (how: string) =>
      florin.sql.query(
        `update charges set properties = properties ${how} where plan_id = (select plan_id from subscriptions where external_id = 'a')`,
      );
    beforeEach(async () => {
      await drafts(first, ['a', 'b', 'c']);
      await drafts(second, ['z']);
      await first.call('PUT', '/api/v1/subscriptions/a', { subscription: { plan_overrides: { amount_cents: 5000 } } });
      await spoil("- 'amount'");
      for (const { call } of [first, second])
        for (const { external_id: name } of (await call('GET', '/api/v1/subscriptions')).body.subscriptions)
          await use(call, name, 'tokens', { count: 100 }, '2026-01-15T00:00:00Z');
    });
    afterEach(() => spoil(`|| '{"amount": "0.02"}'`));

    it('stays a draft, is listed with the reason, and keeps no other from being issued, of its organization or of others', async () => {
      await goLive();
      expect(await florin.app.get(FinalizeInvoices).forAll()).toBe(3);
      const statuses = [];
      for (const name of ['a', 'b', 'c']) statuses.push(await statusOf(first, name));
      statuses.push(await statusOf(second, 'z'));
      expect(statuses).toEqual(['draft', 'finalized', 'finalized', 'finalized']);
      const [{ number, lago_id: id }] = await invoicesOf(first.call, 'a');
      const listed = {
        job: 'invoice_finalization',
        object_type: 'invoice',
        lago_id: id,
        external_id: number,
        code: 'not_billable',
        field: null,
        attempts: 1,
      };
      expect(await attentionOf(first)).toMatchObject([listed]);
      expect(await attentionOf(second)).toEqual([]);
      const all = await florin.operator('GET', `/admin/v1/needs_attention?organization_id=${first.id}`);
      expect(all.body).toMatchObject({ needs_attention: [{ ...listed, organization_id: first.id }], meta: { total_count: 1 } });

      // Not tried again at once, and told once.
      expect(await florin.app.get(FinalizeInvoices).forAll()).toBe(0);
      expect((await attentionOf(first))[0].attempts).toBe(1);
      const told = await florin.sql.query(`select payload from outbox_events where type = 'invoice.finalization_failed'`);
      expect(told.rows).toEqual([{ payload: expect.objectContaining({ lago_id: id, code: 'not_billable' }) }]);
    });

    it('is issued with its late usage, and leaves the list, once they can', async () => {
      await advance(first.call, '2026-02-01T02:00:00Z');
      expect(await statusOf(first, 'a')).toBe('draft');
      expect((await attentionOf(first)).map(({ lago_id: id }: { lago_id: string }) => id)).toHaveLength(1);
      await spoil(`|| '{"amount": "0.02"}'`);
      await advance(first.call, '2026-02-01T02:10:00Z');
      expect((await invoicesOf(first.call, 'a'))[0]).toMatchObject({ status: 'finalized', fees_amount_cents: 7900 + 200 });
      expect(await attentionOf(first)).toEqual([]);
    });
  });
});
