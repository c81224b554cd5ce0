import { makeMetric } from '../../modules/usage/make-metric.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('POST /api/v1/events/batch', () => {
  let florin: Florin;
  let tenant: Tenant;
  let number = 0;
  const event = (more: object = {}) => ({
    transaction_id: `tx-${++number}`,
    external_subscription_id: 'sub',
    code: 'calls',
    timestamp: '2026-03-01T10:00:00Z',
    properties: {},
    ...more,
  });
  const post = (events: unknown) => tenant.call('POST', '/api/v1/events/batch', { events });
  const count = async () => (await florin.sql.query('select count(*)::int as n from usage_events')).rows[0].n as number;

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await makeMetric(florin.sql, tenant.id, 'calls', 'COUNT');
    await makeMetric(florin.sql, tenant.id, 'tokens', 'SUM');
    await makeMetric(florin.sql, tenant.id, 'seats', 'UNIQUE_COUNT');
  });
  afterAll(() => florin.stop());

  it('stores 1000 events of many subscriptions and metrics and answers in their order', async () => {
    const before = await count();
    const events = Array.from({ length: 1000 }, (_, i) =>
      event({
        external_subscription_id: `sub-${(i * 7) % 13}`,
        ...(i % 2 ? { code: 'tokens', properties: { amount: `${i}.5` } } : {}),
      }),
    );
    const { status, body } = await post(events);
    expect(status).toBe(200);
    expect(body.events).toHaveLength(1000);
    body.events.forEach((answered: object, i: number) => expect(answered).toMatchObject(events[i]!));
    expect(await count()).toBe(before + 1000);
  });

  it('keeps every character of transaction ids and of texts that are counted', async () => {
    const texts = ['"', '\\', '\\"', '{', '},{', ',', 'NULL', 'null', 'two words', "it's", '$1', '🧾'];
    const counted = texts.map((text) => event({ transaction_id: text, code: 'seats', properties: { amount: text } }));
    const { status, body } = await post(counted);
    expect(status).toBe(200);
    expect(body.events.map((answered: { transaction_id: string }) => answered.transaction_id)).toEqual(texts);
    const stored = await florin.sql.query('select transaction_id, unique_value from usage_events where unique_value is not null');
    expect(new Set(stored.rows.map((row) => row.transaction_id))).toEqual(new Set(texts));
    for (const row of stored.rows) expect(row.unique_value).toBe(row.transaction_id);
    expect((await post(counted)).body).toEqual(body);
  });

  it('names every bad event and stores none', async () => {
    const before = await count();
    const { status, body } = await post([
      event(),
      event({ external_subscription_id: undefined, colour: 'red' }),
      event({ code: 'nothing' }),
      event({ timestamp: 'soon' }),
      event({ code: 'tokens', properties: { amount: 'NaN' } }),
      7,
      null,
      event({ timestamp: 4e12 }),
    ]);
    expect(status).toBe(422);
    expect(body.error_details).toEqual({
      'events.1.external_subscription_id': ['value_is_mandatory'],
      'events.1.colour': ['unknown_field'],
      'events.2.code': ['billable_metric_not_found'],
      'events.3.timestamp': ['invalid_date'],
      'events.4.properties.amount': ['value_is_invalid'],
      'events.5': ['value_is_invalid'],
      'events.6': ['value_is_mandatory'],
      'events.7.timestamp': ['value_is_out_of_range'],
    });
    expect(await count()).toBe(before);
  });

  it.each([
    [{}, { events: ['value_is_mandatory'] }],
    [[], { events: ['value_is_mandatory'] }],
    [{ events: null }, { events: ['value_is_invalid'] }],
    [{ events: {} }, { events: ['value_is_invalid'] }],
    [{ events: [] }, { events: ['no_events'] }],
    [{ events: Array.from({ length: 1001 }, () => ({})) }, { events: ['too_many_events'] }],
    [{ events: [{}], more: 1 }, { more: ['unknown_field'] }],
  ])('refuses %.60j', async (body, error_details) => {
    const answer = await tenant.call('POST', '/api/v1/events/batch', body);
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_errors', error_details });
  });

  it('counts duplicates in a batch once and answers each with the first', async () => {
    const before = await count();
    const first = event({ properties: { n: 1 } });
    const { body } = await post([first, event(), first, { ...first, properties: { n: 1.0 } }]);
    expect(body.events[0]).toMatchObject({ code: 'calls', properties: { n: 1 } });
    expect(body.events[2]).toEqual(body.events[0]);
    expect(body.events[3]).toEqual(body.events[0]);
    expect(await count()).toBe(before + 2);
  });

  it('names the events whose transaction ids stand for others, in it or stored, and keeps none', async () => {
    const stored = event({ properties: { n: 1 } });
    await post([stored]);
    const before = await count();
    const first = event({ properties: { n: 1 } });
    const { status, body } = await post([
      event(),
      first,
      { ...stored, properties: { n: 2 } },
      event(),
      { ...first, code: 'tokens', properties: { amount: 3 } },
    ]);
    expect({ status, ...body }).toMatchObject({
      status: 422,
      code: 'transaction_id_reused',
      error_details: {
        'events.2.transaction_id': ['transaction_id_reused'],
        'events.4.transaction_id': ['transaction_id_reused'],
      },
    });
    expect(await count()).toBe(before);
  });

  it('answers a repeated batch exactly as the first time', async () => {
    const events = [event({ properties: { b: 1, a: 'x' } }), event({ code: 'tokens', properties: { amount: '1.50' } })];
    const first = await post(events);
    const before = await count();
    expect((await post([...events, event()])).body.events.slice(0, 2)).toEqual(first.body.events);
    expect((await post(events)).body).toEqual(first.body);
    expect(await count()).toBe(before + 1);
  });

  it('counts once what overlapping batches bring in different orders at the same time', async () => {
    const before = await count();
    const events = Array.from({ length: 200 }, (_, i) => event({ external_subscription_id: `new-${i % 40}` }));
    const answers = await Promise.all([
      post(events),
      post(events.toReversed()),
      post(events.slice(50)),
      post(events.toSorted((a, b) => (a.transaction_id < b.transaction_id ? -1 : 1))),
      ...events.slice(0, 30).map((one) => tenant.call('POST', '/api/v1/events', one)),
    ]);
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(await count()).toBe(before + 200);
  });

  it('stores none when the database refuses one', async () => {
    await florin.sql.query("alter table usage_events add constraint ck_planted check (transaction_id <> 'poison')");
    const before = await count();
    expect((await post([event(), event({ transaction_id: 'poison' }), event()])).status).toBe(500);
    expect(await count()).toBe(before);
  });
});
