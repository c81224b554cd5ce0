import { makeMetric } from '../../modules/usage/make-metric.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('reading events', () => {
  let florin: Florin;
  let tenant: Tenant;
  let stranger: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    stranger = await florin.openOrganization('live', 'Stranger');
    for (const { id } of [tenant, stranger]) await makeMetric(florin.sql, id, 'calls', 'COUNT');
    await makeMetric(florin.sql, tenant.id, 'tokens', 'SUM');
    const events = Array.from({ length: 10 }, (_, i) => ({
      transaction_id: `tx-${i}`,
      external_subscription_id: i < 6 ? 'a' : 'b',
      code: i % 2 ? 'tokens' : 'calls',
      timestamp: `2026-03-0${i === 0 ? 1 : i}T00:00:00Z`,
      properties: { amount: i },
    }));
    const twin = { ...events[0]!, external_subscription_id: 'b' };
    await tenant.call('POST', '/api/v1/events/batch', { events: [...events, twin] });
    await stranger.call('POST', '/api/v1/events', { ...events[0]!, transaction_id: 'theirs' });
  });
  afterAll(() => florin.stop());

  const ids = async (query: string) =>
    (await tenant.call('GET', `/api/v1/events?${query}`)).body.events.map(
      (event: { transaction_id: string }) => event.transaction_id,
    );

  it('lists newest first, in pages, and only their own', async () => {
    const { body } = await tenant.call('GET', '/api/v1/events?per_page=4&page=2');
    expect(body.events.map((event: { timestamp: string }) => event.timestamp)).toEqual([
      '2026-03-05T00:00:00Z',
      '2026-03-04T00:00:00Z',
      '2026-03-03T00:00:00Z',
      '2026-03-02T00:00:00Z',
    ]);
    expect(body.meta).toEqual({ current_page: 2, next_page: 3, prev_page: 1, total_pages: 3, total_count: 11 });
    expect(await ids('per_page=1000')).not.toContain('theirs');
  });

  it('filters by subscription, metric and half-open time', async () => {
    expect(await ids('external_subscription_id=b')).toEqual(['tx-9', 'tx-8', 'tx-7', 'tx-6', 'tx-0']);
    expect(await ids('external_subscription_id=b&code=tokens')).toEqual(['tx-9', 'tx-7']);
    expect(await ids('timestamp_from=2026-03-04T00:00:00Z&timestamp_to=2026-03-06T00:00:00Z')).toEqual(['tx-5', 'tx-4']);
    expect(await ids('code=nothing')).toEqual([]);
  });

  it.each([
    ['timestamp_from=2026-03-04', { timestamp_from: ['invalid_date'] }],
    ['timestamp_to=soon', { timestamp_to: ['invalid_date'] }],
    ['page=0', { page: ['value_is_out_of_range'] }],
    ['per_page=1001', { per_page: ['value_is_out_of_range'] }],
    ['colour=red', { colour: ['unknown_field'] }],
  ])('refuses ?%s', async (query, error_details) => {
    expect((await tenant.call('GET', `/api/v1/events?${query}`)).body).toMatchObject({ status: 422, error_details });
  });

  it('reads one as it was answered when it came', async () => {
    const { body } = await tenant.call('GET', '/api/v1/events/tx-3');
    expect(body.event).toMatchObject({
      transaction_id: 'tx-3',
      code: 'tokens',
      external_subscription_id: 'a',
      properties: { amount: 3 },
    });
    const again = await tenant.call('POST', '/api/v1/events', {
      transaction_id: 'tx-3',
      external_subscription_id: 'a',
      code: 'tokens',
      properties: { amount: 3 },
    });
    expect(again.body).toEqual(body);
  });

  it('tells twins of two subscriptions apart', async () => {
    for (const id of ['a', 'b']) {
      const { body } = await tenant.call('GET', `/api/v1/events/tx-0?external_subscription_id=${id}`);
      expect(body.event.external_subscription_id).toBe(id);
    }
  });

  it.each(['nothing', 'theirs', 'tx-1?external_subscription_id=b'])('answers 404 for %s', async (path) => {
    expect((await tenant.call('GET', `/api/v1/events/${path}`)).body).toMatchObject({ status: 404, code: 'event_not_found' });
  });
});
