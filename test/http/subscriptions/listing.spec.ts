import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { stockShop, subscribe } from '../../support/shop.ts';

describe('lists of subscriptions', () => {
  let florin: Florin;
  let tenant: Tenant;
  let stranger: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    stranger = await florin.openOrganization('live', 'Stranger');
    for (const { call } of [tenant, stranger]) await stockShop(call);
    await subscribe(stranger.call, 'foreign');
    for (const externalId of ['runs', 'ended']) await subscribe(tenant.call, externalId);
    await subscribe(tenant.call, 'waits', { subscription_at: new Date(Date.now() + 86_400_000).toISOString() });
    await tenant.call('DELETE', '/api/v1/subscriptions/ended');
  });
  afterAll(() => florin.stop());

  const listed = async (query: string): Promise<string[]> => {
    const { body } = await tenant.call('GET', `/api/v1/subscriptions${query}`);
    expect(body.meta.total_count).toBe(body.subscriptions.length);
    return body.subscriptions.map(({ external_id: externalId }: { external_id: string }) => externalId).toSorted();
  };

  it('show what has started and not ended, unless a state is named', async () => {
    expect(await listed('')).toEqual(['runs']);
    expect(await listed('?status[]=terminated')).toEqual(['ended']);
    expect(await listed('?status[]=active&status[]=pending')).toEqual(['runs', 'waits']);
  });

  it('show those that filters mean', async () => {
    expect(await listed('?external_id=runs&currency=USD&overridden=false&billing_entity_codes[]=default')).toEqual(['runs']);
    for (const query of ['external_id=none', 'currency=EUR', 'overridden=true'])
      expect([query, await listed(`?${query}`)]).toEqual([query, []]);
    expect((await tenant.call('GET', '/api/v1/subscriptions?billing_entity_codes[]=nope')).body.code).toBe(
      'billing_entity_not_found',
    );
  });

  it.each([
    'status=over',
    'status[]=active&status[]=over',
    'plan=team',
    'overridden=perhaps',
    'currency=XXX',
    'page=0',
    'per_page=1001',
    'page=x',
  ])('are refused for a filter that is none: %s', async (query) => {
    expect(await tenant.call('GET', `/api/v1/subscriptions?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'validation_errors' },
    });
  });

  it.each(['subscriptions', 'invoices', 'runs'])(
    'of the operator hold one organization, and a malformed id of it is refused: %s',
    async (list) => {
      const { body } = await florin.operator('GET', `/admin/v1/${list}?organization_id=typo`);
      expect(body).toMatchObject({ status: 422, error_details: { organization_id: ['value_is_invalid'] } });
      const mine = await florin.operator('GET', `/admin/v1/${list}?organization_id=${tenant.id}`);
      expect(mine.status).toBe(200);
      const owners = mine.body[list].map((row: { organization_id: string }) => row.organization_id);
      expect(owners.filter((owner: string) => owner !== tenant.id)).toEqual([]);
    },
  );
});
