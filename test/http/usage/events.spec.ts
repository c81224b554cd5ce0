import { makeMetric } from '../../modules/usage/make-metric.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';

const at = '2026-03-01T10:00:00Z';

describe('POST /api/v1/events', () => {
  let florin: Florin;
  let tenant: Tenant;
  let number = 0;
  const event = (more: object = {}) => ({
    transaction_id: `tx-${++number}`,
    external_subscription_id: 'sub',
    code: 'calls',
    timestamp: at,
    ...more,
  });
  /** With its body as text, so that every digit is what was sent. */
  const raw = (fields: string) =>
    tenant.call(
      'POST',
      '/api/v1/events',
      `{"transaction_id":"tx-${++number}","external_subscription_id":"sub","code":"tokens",${fields}}`,
    );
  const stored = async () => (await florin.sql.query('select e.*, e.properties::text as text from usage_events e')).rows;
  const last = async () => (await stored()).find((row) => row.transaction_id === `tx-${number}`);

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await makeMetric(florin.sql, tenant.id, 'calls', 'COUNT');
    await makeMetric(florin.sql, tenant.id, 'tokens', 'SUM');
    await makeMetric(florin.sql, tenant.id, 'seats', 'UNIQUE_COUNT', 'user');
    await makeMetric(florin.sql, tenant.id, 'peak', 'MAX');
    await makeMetric(florin.sql, tenant.id, 'level', 'LATEST');
  });
  afterAll(() => florin.stop());

  it('stores an event, wrapped or bare, and answers with it', async () => {
    const sent = event({ properties: { model: 'small', region: 'eu' } });
    const answer = await tenant.call('POST', '/api/v1/events', { event: sent });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.body.event).toEqual({
      ...sent,
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      lago_id: answer.body.event.id,
      lago_customer_id: null,
      lago_subscription_id: null,
      precise_total_amount_cents: null,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await tenant.call('POST', '/api/v1/events', event())).body.event).toMatchObject({ properties: {} });
  });

  it.each([
    [1_772_359_200, '2026-03-01T10:00:00Z'],
    [1_772_359_200.12, '2026-03-01T10:00:00.12Z'],
    ['1772359200.1239', '2026-03-01T10:00:00.123Z'],
    ['1772359200', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00:00.1239999Z', '2026-03-01T10:00:00.123Z'],
    ['2026-03-01T10:00:00+05:30', '2026-03-01T04:30:00Z'],
    ['2026-03-01T00:30:00-0100', '2026-03-01T01:30:00Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00Z'],
    ['2099-12-31T23:59:59.999Z', '2099-12-31T23:59:59.999Z'],
  ])('reads the timestamp %j as %s', async (timestamp, expected) => {
    const { body } = await tenant.call('POST', '/api/v1/events', event({ timestamp }));
    expect(body.event.timestamp).toBe(expected);
    expect((await last()).occurred_at.getTime()).toBe(Date.parse(expected));
  });

  it('reads exponents and more digits than a float holds in timestamps', async () => {
    const { body } = await raw('"timestamp":1.772359200123000000001e9,"properties":{"amount":1}');
    expect(body.event.timestamp).toBe('2026-03-01T10:00:00.123Z');
  });

  it("takes the organization's now when there is no timestamp", async () => {
    const test = await florin.openOrganization('test');
    await makeMetric(florin.sql, test.id, 'calls', 'COUNT');
    await florin.sql.query("update organizations set virtual_now = '2031-05-06T07:08:09Z' where id = $1", [test.id]);
    for (const timestamp of [undefined, null]) {
      const { body } = await test.call('POST', '/api/v1/events', event({ timestamp }));
      expect(body.event.timestamp).toBe('2031-05-06T07:08:09Z');
    }
  });

  it.each([
    ['"amount":123456789012345.12345678901234567890123456789', '123456789012345.12345678901234567890123456789'],
    ['"amount":"999999999999999.5"', '999999999999999.5'],
    ['"amount":0.1', '0.1'],
    ['"amount":0.30000000000000004', '0.30000000000000004'],
    ['"amount":-7', '-7'],
    ['"amount":1e3', '1000'],
    ['"amount":"1.5e-7"', '0.00000015'],
    ['"amount":900719925474099.30000000001', '900719925474099.30000000001'],
    ['"amount":"007"', '7'],
  ])('counts {%s} exactly', async (property, value) => {
    const answer = await raw(`"timestamp":"${at}","properties":{${property}}`);
    expect(answer.status).toBe(200);
    expect((await last()).value).toBe(value);
  });

  it('stores properties exactly', async () => {
    const properties =
      '{"amount":1,"big":123456789012345678901234567890.0000000000000000001,"deep":{"list":[1.10,null,true,"\\u00e9\\"\\\\"]}}';
    await raw(`"timestamp":"${at}","properties":${properties}`);
    const { rows } = await florin.sql.query(
      'select properties = $1::jsonb as same, properties::text from usage_events where transaction_id = $2',
      [properties, `tx-${number}`],
    );
    expect(rows[0].same).toBe(true);
    expect(rows[0].properties).toContain('123456789012345678901234567890.0000000000000000001');
  });

  it('keeps what a unique count counts as text', async () => {
    for (const [user, text] of [
      ['ann', 'ann'],
      [7, '7'],
      [true, 'true'],
    ]) {
      await tenant.call('POST', '/api/v1/events', event({ code: 'seats', properties: { user } }));
      expect(await last()).toMatchObject({ unique_value: text, value: null });
    }
  });

  describe('refuses', () => {
    const rows = async () => [await stored(), (await florin.sql.query('select * from usage_streams')).rows];
    /** Nothing is stored by what `work` sends. */
    const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
      const before = await rows();
      const result = await work();
      expect(await rows()).toEqual(before);
      return result;
    };
    const refused = (body: unknown, headers?: Record<string, string>) =>
      refusing(() => tenant.call('POST', '/api/v1/events', body, headers));

    it.each([
      [{ transaction_id: undefined }, { transaction_id: ['value_is_mandatory'] }],
      [{ transaction_id: '' }, { transaction_id: ['value_is_mandatory'] }],
      [{ transaction_id: '   ' }, { transaction_id: ['value_is_invalid'] }],
      [{ transaction_id: null }, { transaction_id: ['value_is_mandatory'] }],
      [{ transaction_id: 7 }, { transaction_id: ['value_is_invalid'] }],
      [{ transaction_id: 'x'.repeat(256) }, { transaction_id: ['value_is_too_long'] }],
      [{ external_subscription_id: undefined }, { external_subscription_id: ['value_is_mandatory'] }],
      [{ external_subscription_id: ' padded' }, { external_subscription_id: ['value_is_invalid'] }],
      [{ external_subscription_id: 'two\nlines' }, { external_subscription_id: ['value_is_invalid'] }],
      [{ external_subscription_id: 'x'.repeat(256) }, { external_subscription_id: ['value_is_too_long'] }],
      [{ external_subscription_id: 'new', code: 'nothing' }, { code: ['billable_metric_not_found'] }],
      [{ code: undefined }, { code: ['value_is_mandatory'] }],
      [{ timestamp: 'yesterday' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: true }, { timestamp: ['invalid_date'] }],
      [{ timestamp: {} }, { timestamp: ['invalid_date'] }],
      [{ timestamp: 'NaN' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '2026-03-01T10:00:00' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '2026-03-01' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '2026-02-30T00:00:00Z' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '2026-13-01T00:00:00Z' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: '2026-03-01T24:00:00Z' }, { timestamp: ['invalid_date'] }],
      [{ timestamp: 1_772_359_200_000 }, { timestamp: ['value_is_out_of_range'] }],
      [{ timestamp: -1 }, { timestamp: ['value_is_out_of_range'] }],
      [{ timestamp: 0 }, { timestamp: ['value_is_out_of_range'] }],
      [{ timestamp: '1999-12-31T23:59:59Z' }, { timestamp: ['value_is_out_of_range'] }],
      [{ timestamp: '2100-01-01T00:00:00Z' }, { timestamp: ['value_is_out_of_range'] }],
      [{ properties: [] }, { properties: ['value_is_invalid'] }],
      [{ properties: 'a' }, { properties: ['value_is_invalid'] }],
      [{ precise_total_amount_cents: 'NaN' }, { precise_total_amount_cents: ['value_is_invalid'] }],
      [
        { colour: 'red', size: 1 },
        { colour: ['unknown_field'], size: ['unknown_field'] },
      ],
      [
        { transaction_id: undefined, code: undefined },
        { transaction_id: ['value_is_mandatory'], code: ['value_is_mandatory'] },
      ],
    ])('%j', async (wrong, error_details) => {
      const answer = await refused({ event: event({ external_subscription_id: 'new', ...wrong }) });
      expect(answer.body).toEqual({
        status: 422,
        error: 'Unprocessable Entity',
        code: 'validation_errors',
        error_details,
        request_id: expect.any(String),
      });
    });

    it.each([
      [undefined, 'value_is_mandatory'],
      [null, 'value_is_mandatory'],
      ['', 'value_is_mandatory'],
      ['  ', 'value_is_mandatory'],
      ['NaN', 'value_is_invalid'],
      ['Infinity', 'value_is_invalid'],
      ['-Infinity', 'value_is_invalid'],
      ['1e400', 'value_is_invalid'],
      ['0x10', 'value_is_invalid'],
      ['1,5', 'value_is_invalid'],
      [' 1', 'value_is_invalid'],
      ['1_000', 'value_is_invalid'],
      [true, 'value_is_invalid'],
      [{}, 'value_is_invalid'],
      [[1], 'value_is_invalid'],
      ['9'.repeat(200), 'value_is_invalid'],
      ['1000000000000000', 'value_is_out_of_range'],
      ['-1000000000000000.1', 'value_is_out_of_range'],
    ])('the amount %j of a sum, a maximum and a latest', async (amount, code) => {
      for (const metric of ['tokens', 'peak', 'level']) {
        const answer = await refused(event({ code: metric, properties: { amount } }));
        expect(answer.status).toBe(422);
        expect(answer.body.error_details).toEqual({ 'properties.amount': [code] });
      }
    });

    it.each([
      [undefined, 'value_is_mandatory'],
      [null, 'value_is_mandatory'],
      [' ', 'value_is_mandatory'],
      [{}, 'value_is_invalid'],
      [['a'], 'value_is_invalid'],
    ])('the user %j of a unique count', async (user, code) => {
      const answer = await refused(event({ code: 'seats', properties: { user } }));
      expect(answer.body.error_details).toEqual({ 'properties.user': [code] });
    });

    it.each([
      ['NaN', '{"event":{"timestamp":NaN}}', 'invalid_json'],
      ['a number beyond floats', '{"event":{"timestamp":1e400}}', 'number_out_of_range'],
      ['duplicate keys', '{"event":{"code":"a","code":"b"}}', 'duplicate_json_key'],
      ['deep nesting', `{"event":{"properties":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}}`, 'json_too_deep'],
      ['NUL', '{"event":{"transaction_id":"a\\u0000b"}}', 'invalid_text'],
      ['a lone surrogate', '{"event":{"properties":{"\\ud800":1}}}', 'invalid_text'],
      ['half a document', '{"event":{', 'invalid_json'],
    ])('a body with %s', async (_, body, code) => {
      expect((await refused(body)).body).toMatchObject({ status: 400, code });
    });

    it('a number, a list or nothing in the place of the event', async () => {
      for (const body of [
        '5',
        '[]',
        '{"event":5}',
        '{"event":[]}',
        '{"event":1.0000000000000000000001}',
        '{"event":null}',
        undefined,
      ])
        expect((await refused(body)).status).toBe(422);
      const stray = await refused({ event: event(), more: 1 });
      expect(stray.body.error_details).toEqual({ more: ['unknown_field'] });
    });

    it('properties that are one long number', async () => {
      const answer = await refusing(() => raw(`"timestamp":"${at}","properties":1.0000000000000000000001`));
      expect(answer.body.error_details).toEqual({ properties: ['value_is_invalid'] });
    });

    it('another content type, a body beyond 4 MB and no key', async () => {
      const text = await refused('a=b', { 'content-type': 'text/plain' });
      expect(text.body).toMatchObject({ status: 415, code: 'unsupported_media_type' });
      const huge = await refused(event({ properties: { x: 'y'.repeat(5_000_000) } }));
      expect(huge.body).toMatchObject({ status: 413, code: 'payload_too_large' });
      expect((await florin.as('nobody')('POST', '/api/v1/events', event())).status).toBe(401);
    });

    it("another tenant's metric", async () => {
      const stranger = await florin.openOrganization('live', 'Stranger');
      const answer = await refusing(() => stranger.call('POST', '/api/v1/events', event()));
      expect(answer.body.error_details).toEqual({ code: ['billable_metric_not_found'] });
    });

    it('never looks into the prototype of the properties', async () => {
      await makeMetric(florin.sql, tenant.id, 'odd', 'SUM', 'constructor');
      const answer = await refused(event({ code: 'odd', properties: {} }));
      expect(answer.body.error_details).toEqual({ 'properties.constructor': ['value_is_mandatory'] });
    });
  });

  it('lets a member key ingest', async () => {
    const made = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      api_key: { name: 'meter', role: 'member' },
    });
    expect((await florin.as(made.body.api_key.key)('POST', '/api/v1/events', event())).status).toBe(200);
  });

  it('answers a repeat with the first event, byte for byte, and counts it once', async () => {
    const first = { ...event(), code: 'tokens' };
    const body = `{"event":${JSON.stringify(first).slice(0, -1)},"properties":{"z":1.50,"amount":1.25e-3,"10":1,"9":2,"list":[1e21,0.10000000000000000000000012e-2]}}}`;
    const texts = [];
    const inOtherOrder = body.replace('"z":1.50,', '').replace('"amount":', '"z":1.5,"amount":');
    for (const sent of [body, body, inOtherOrder]) {
      const response = await fetch(`${florin.url}/api/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: sent,
      });
      expect(response.status).toBe(200);
      texts.push(await response.text());
    }
    expect(new Set(texts).size).toBe(1);
    expect((await stored()).filter((row) => row.transaction_id === first.transaction_id)).toHaveLength(1);
    expect((await last()).value).toBe('0.00125');
  });

  it.each([
    ['properties', { properties: { amount: 2 } }],
    ['a number in its last digit', { properties: { amount: '100000000000000.0000000000000002' } }],
    ['a time', { timestamp: '2026-03-01T10:00:01Z' }],
    ['another metric', { code: 'peak' }],
    ['an amount', { precise_total_amount_cents: '7' }],
  ])('refuses a transaction id that comes again with %s', async (_, other) => {
    const first = { ...event({ code: 'tokens', properties: { amount: '100000000000000.0000000000000001' } }), timestamp: at };
    const kept = await tenant.call('POST', '/api/v1/events', { event: first });
    expect(kept.status).toBe(200);
    const answer = await tenant.call('POST', '/api/v1/events', { event: { ...first, ...other } });
    expect(answer.body).toMatchObject({
      status: 422,
      code: 'transaction_id_reused',
      error_details: { transaction_id: ['transaction_id_reused'] },
    });
    expect((await tenant.call('POST', '/api/v1/events', { event: first })).body).toEqual(kept.body);
  });

  it('takes a repeat of an event without a time, which happens whenever it comes', async () => {
    const { timestamp: _, ...undated } = event({ code: 'tokens', properties: { amount: 3 } });
    const [first, second] = [
      await tenant.call('POST', '/api/v1/events', { event: undated }),
      await tenant.call('POST', '/api/v1/events', { event: undated }),
    ];
    expect([second.status, second.body]).toEqual([200, first.body]);
    const other = await tenant.call('POST', '/api/v1/events', { event: { ...undated, properties: { amount: 4 } } });
    expect(other.body.code).toBe('transaction_id_reused');
  });

  it('of events that arrive together with one transaction id and different bodies keeps one, and refuses the others', async () => {
    const same = event({ code: 'tokens' });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        tenant.call('POST', '/api/v1/events', { event: { ...same, timestamp: at, properties: { amount: i % 3 } } }),
      ),
    );
    const kept = answers.filter((answer) => answer.status === 200);
    expect(kept).toHaveLength(4);
    expect(new Set(kept.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  });

  it('keeps one of 20 identical events that arrive at once', async () => {
    const same = event({ external_subscription_id: 'brand-new', properties: { a: 1 } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => tenant.call('POST', '/api/v1/events', { event: same })));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect((await stored()).filter((row) => row.transaction_id === same.transaction_id)).toHaveLength(1);
    const streams = await florin.sql.query("select 1 from usage_streams where external_subscription_id = 'brand-new'");
    expect(streams.rowCount).toBe(1);
  });

  it('counts the same transaction id of two subscriptions and of two tenants separately', async () => {
    const other = await florin.openOrganization('live', 'Other');
    await makeMetric(florin.sql, other.id, 'calls', 'COUNT');
    const same = event();
    const ids = [
      await tenant.call('POST', '/api/v1/events', same),
      await tenant.call('POST', '/api/v1/events', { ...same, external_subscription_id: 'sub-2' }),
      await other.call('POST', '/api/v1/events', same),
    ].map((answer) => answer.body.event.id);
    expect(new Set(ids).size).toBe(3);
    expect((await stored()).filter((row) => row.transaction_id === same.transaction_id)).toHaveLength(3);
  });

  it('writes events that arrive together together, and fails only what the database refuses', async () => {
    await florin.sql.query(
      "alter table usage_events add constraint ck_planted check (transaction_id not like 'poison%' or properties <> '{}')",
    );
    const sent = Array.from({ length: 60 }, (_, i) => event(i % 20 === 7 ? { transaction_id: `poison-${i}` } : {}));
    // While the table is held, the first statements wait in PostgreSQL and everything else in the queue.
    const holder = await florin.sql.connect();
    await holder.query('begin; lock table usage_events in exclusive mode');
    const answering = Promise.all(sent.map((one) => tenant.call('POST', '/api/v1/events', one)));
    await until('statements wait', async () => {
      const { rows } = await florin.sql.query(
        "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into usage_events%'",
      );
      return rows[0].waiting >= 4;
    });
    await Promise.all(Array.from({ length: 20 }, () => tenant.call('GET', '/api/v1/events/unknown')));
    await holder.query('commit');
    holder.release();
    const answers = await answering;
    sent.forEach((one, i) => expect(answers[i]!.status).toBe(one.transaction_id.startsWith('poison') ? 500 : 200));
    const { rows } = await florin.sql.query(
      'select count(*)::int as rows, count(distinct xmin::text)::int as statements from usage_events where transaction_id = any($1)',
      [sent.map((one) => one.transaction_id)],
    );
    expect(rows[0].rows).toBe(57);
    expect(rows[0].statements).toBeLessThan(57);
  });

  it('sees a metric made a moment ago', async () => {
    const early = await tenant.call('POST', '/api/v1/events', event({ code: 'fresh' }));
    expect(early.status).toBe(422);
    await makeMetric(florin.sql, tenant.id, 'fresh', 'COUNT');
    expect((await tenant.call('POST', '/api/v1/events', event({ code: 'fresh' }))).status).toBe(200);
  });
});
