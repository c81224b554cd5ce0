import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { startProcess, until } from '../../support/processes.ts';
import { deliver, postWebhook, sign, stripeEvent, webhookSecret, workOff } from '../../support/stripe.ts';

const otherSecret = 'whsec_test_the_next_one_in_rotation';

interface StoredRow {
  readonly id: string;
  readonly status: string;
  readonly body: Buffer;
  readonly received_at: Date;
}

describe('the webhook door', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: `${webhookSecret}, ${otherSecret}` });
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  const stored = async (eventId: string) =>
    (await florin.sql.query('select * from inbound_events where event_id = $1', [eventId])).rows as StoredRow[];
  const text = (event: object) => JSON.stringify(event, null, 2);
  const customer = { id: 'cus_1', object: 'customer', metadata: {} };

  it('takes a signed event without any key, stores its bytes, and answers before it is worked on', async () => {
    const event = stripeEvent('foo.bar', customer);
    const answer = await postWebhook(florin, text(event));
    expect([answer.status, answer.body]).toEqual([200, { status: 'success', message: 'Webhook accepted for processing' }]);
    const [row] = await stored(event.id);
    expect(row).toMatchObject({ provider: 'STRIPE', type: 'foo.bar', status: 'RECEIVED', attempts: 0, object_id: 'cus_1' });
    expect(row?.body.toString()).toBe(text(event));
    await workOff(florin);
    const read = await florin.operator('GET', `/admin/v1/inbound_events?event_id=${event.id}`);
    expect(read.body.inbound_events).toEqual([
      expect.objectContaining({
        provider: 'stripe',
        event_id: event.id,
        type: 'foo.bar',
        status: 'processed',
        attempts: 1,
        outcome: 'unhandled',
        error: null,
        received_at: expect.stringMatching(/Z$/),
        processed_at: expect.stringMatching(/Z$/),
      }),
    ]);
    const one = await florin.operator('GET', `/admin/v1/inbound_events/${read.body.inbound_events[0].id}`);
    expect(one.body.inbound_event).toEqual(read.body.inbound_events[0]);
  });

  it('has the alias under /admin, which no operator key guards', async () => {
    const payload = text(stripeEvent('foo.bar', customer));
    const signature = { 'stripe-signature': sign(payload) };
    expect((await postWebhook(florin, payload, signature, '/admin/v1/webhooks/stripe')).status).toBe(200);
  });

  it.each([
    ['missing', 'missing_webhook_signature', () => ({})],
    [
      'by another secret',
      'invalid_webhook_signature',
      (p: string) => ({ 'stripe-signature': sign(p, { secret: 'whsec_somebody_else_0000' }) }),
    ],
    [
      'of an hour ago',
      'invalid_webhook_signature',
      (p: string) => ({ 'stripe-signature': sign(p, { at: Date.now() - 3_600_000 }) }),
    ],
    [
      'of the future',
      'invalid_webhook_signature',
      (p: string) => ({ 'stripe-signature': sign(p, { at: Date.now() + 3_600_000 }) }),
    ],
    [
      'of other spacing',
      'invalid_webhook_signature',
      (p: string) => ({ 'stripe-signature': sign(JSON.stringify(JSON.parse(p))) }),
    ],
    ['that is none', 'invalid_webhook_signature', () => ({ 'stripe-signature': 't=yesterday,v1=abc' })],
  ])('refuses a signature %s, and nothing is stored', async (_, code, headers) => {
    const event = stripeEvent('foo.bar', customer);
    const answer = await postWebhook(florin, text(event), headers(text(event)));
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(await stored(event.id)).toEqual([]);
  });

  it.each([
    ['no JSON', 'whatever'],
    ['no event', '{"object": "list", "id": "evt_x", "type": "a.b", "data": {"object": {}}}'],
    ['an event without an object', text(stripeEvent('a.b', {}, { data: {} }))],
    ['an event of no time', text(stripeEvent('a.b', {}, { created: 'soon' }))],
  ])('refuses signed bytes that are %s', async (_, payload) => {
    const answer = await postWebhook(florin, payload);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_webhook_event']);
  });

  it('takes every secret of a rotation, any content type, and keys that Fastify refuses', async () => {
    const payload = text(stripeEvent('foo.bar', customer)).replace(
      '"metadata": {}',
      '"metadata": {"__proto__": "x", "a": "\\u0000"}',
    );
    const headers = { 'stripe-signature': sign(payload, { secret: otherSecret }), 'content-type': 'application/vnd.stripe' };
    expect((await postWebhook(florin, payload, headers)).status).toBe(200);
    expect(await workOff(florin)).toBeGreaterThan(0);
  });

  it('takes bodies far above the largest of Stripe and refuses what is no event any more', async () => {
    const sized = (bytes: number) => text(stripeEvent('foo.bar', { ...customer, description: 'x'.repeat(bytes) }));
    expect((await postWebhook(florin, sized(6_000_000))).status).toBe(200);
    const answer = await postWebhook(florin, sized(17_000_000));
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large']);
  });

  it('counts twenty posts of one event at once as one', async () => {
    const event = stripeEvent('foo.bar', customer);
    const answers = await Promise.all(Array.from({ length: 20 }, () => postWebhook(florin, text(event))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(answers.filter(({ body }) => body.message === 'Webhook accepted for processing')).toHaveLength(1);
    await workOff(florin);
    expect(await stored(event.id)).toEqual([expect.objectContaining({ status: 'PROCESSED', attempts: 1, duplicates: 19 })]);
    expect((await postWebhook(florin, text(event))).body).toEqual({ status: 'success', message: 'Event already processed' });
  });

  it('answers each of many that arrive together for itself: new, repeated, of another content, forged, no event', async () => {
    const [known, fresh] = [stripeEvent('foo.bar', customer), stripeEvent('foo.bar', customer)];
    await postWebhook(florin, text(known));
    const others = Array.from({ length: 12 }, () => stripeEvent('foo.bar', customer));
    const posts: [string, object?][] = [
      [text(known)],
      [text(fresh)],
      [text({ ...known, type: 'foo.baz' })],
      [text(stripeEvent('foo.bar', customer)), { 'stripe-signature': sign('something else') }],
      [text(stripeEvent('foo\0bar', customer))],
      ...others.map((event): [string] => [text(event)]),
    ];
    const answers = await Promise.all(posts.map(([body, headers]) => postWebhook(florin, body, headers as never)));
    expect(answers.map(({ status, body }) => [status, body.code ?? body.message])).toEqual([
      [200, 'Event already processed'],
      [200, 'Webhook accepted for processing'],
      [200, 'Event already processed'],
      [400, 'invalid_webhook_signature'],
      [400, 'invalid_webhook_event'],
      ...others.map(() => [200, 'Webhook accepted for processing']),
    ]);
    for (const event of [known, fresh, ...others]) expect(await stored(event.id)).toHaveLength(1);
    expect(await stored(known.id)).toEqual([expect.objectContaining({ duplicates: 2 })]);
  });

  it('one that the database refuses fails alone', async () => {
    await florin.sql.query(`alter table inbound_events add constraint ck_poison check (type <> 'poison')`);
    try {
      const events = ['a', 'poison', 'b', 'c'].map((type) => stripeEvent(type, customer));
      const answers = await Promise.all(events.map((event) => postWebhook(florin, text(event))));
      expect(answers.map(({ status }) => status)).toEqual([200, 500, 200, 200]);
    } finally {
      await florin.sql.query('alter table inbound_events drop constraint ck_poison');
    }
  });

  it('keeps thin events of API v2, and leaves them undone', async () => {
    const thin = {
      id: 'evt_thin_1',
      object: 'v2.core.event',
      type: 'v1.billing.meter.error_report_triggered',
      livemode: false,
      created: '2026-01-01T00:00:00.000Z',
      related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
    };
    expect((await postWebhook(florin, text(thin))).body.message).toBe('Webhook accepted for processing');
    await workOff(florin);
    expect(await stored('evt_thin_1')).toEqual([
      expect.objectContaining({ status: 'PROCESSED', outcome: 'unhandled', object_id: 'mtr_1' }),
    ]);
    const nameless = await postWebhook(florin, text({ ...thin, created: 'yesterday' }));
    expect([nameless.status, nameless.body.code]).toEqual([400, 'invalid_webhook_event']);
  });

  it('keeps the first of two contents under one id', async () => {
    const event = stripeEvent('foo.bar', customer);
    await deliver(florin, event);
    const other = { ...event, pending_webhooks: 7, data: { object: { ...customer, id: 'cus_2' } } };
    expect((await postWebhook(florin, text(other))).body.message).toBe('Event already processed');
    expect(await stored(event.id)).toEqual([expect.objectContaining({ object_id: 'cus_1' })]);
    expect(await (await fetch(`${florin.url}/metrics`)).text()).toMatch(
      /florin_inbound_events_received_total\{as="conflicting"\} 2/,
    );
  });

  it('replays one or a range, for the operator only', async () => {
    const event = stripeEvent('foo.bar', customer);
    await deliver(florin, event);
    const [row] = await stored(event.id);
    const replayed = await florin.operator('POST', `/admin/v1/inbound_events/${row?.id}/replay`);
    expect(replayed.body.inbound_event).toMatchObject({ status: 'received', attempts: 0, processed_at: null });
    await workOff(florin);
    const range = await florin.operator('POST', '/admin/v1/inbound_events/replay', {
      from: row?.received_at.toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    });
    expect(range.body).toEqual({ replayed: 1 });
    await workOff(florin);
    expect(await stored(event.id)).toEqual([expect.objectContaining({ status: 'PROCESSED', attempts: 1 })]);
    expect((await tenant.call('GET', '/admin/v1/inbound_events')).status).toBe(401);
    expect((await florin.operator('POST', '/admin/v1/inbound_events/x/replay')).body.code).toBe('inbound_event_not_found');
    const backwards = { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
    expect((await florin.operator('POST', '/admin/v1/inbound_events/replay', backwards)).body.error_details).toEqual({
      to: ['invalid_date'],
    });
  });

  it('is a process of its own: the worker works off what the door took, and a bad signature leaves an audit line', async () => {
    const server = startProcess('src/main.ts', [], {
      DATABASE_URL: florin.databaseUrl,
      PORT: '0',
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      FLORIN_LOG_DIR: florin.logDir,
    });
    const [, url = ''] = /"(?:message)":"Florin listens on ([^"]+)"/.exec(await server.line(/Florin listens/)) ?? [];
    const event = stripeEvent('foo.bar', customer);
    const other = { ...florin, url };
    await postWebhook(other, text(event));
    await until('the event to be processed', async () => (await stored(event.id))[0]?.status === 'PROCESSED');
    await postWebhook(other, text(event), { 'stripe-signature': 't=1,v1=00' });
    const line = JSON.parse(await server.line(/SECURITY_AUDIT/)) as { level: string; message: string };
    expect(line.level).toBe('warn');
    expect(JSON.parse(line.message.replace('SECURITY_AUDIT: ', ''))).toMatchObject({
      event_type: 'authorization_denied',
      risk_level: 'high',
      ip_address: '127.0.0.1',
      endpoint: '/api/v1/webhooks/stripe',
      details: {
        reason: 'invalid_webhook_signature',
        signature_present: true,
        payload_size_bytes: Buffer.byteLength(text(event)),
      },
    });
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    const replay = startProcess(
      'src/cli.ts',
      ['webhooks:replay', '--from', '2026-01-01T00:00:00Z', '--to', '2099-01-01T00:00:00Z', '--status', 'processed'],
      {
        DATABASE_URL: florin.databaseUrl,
        STRIPE_WEBHOOK_SECRET: webhookSecret,
      },
    );
    expect(await replay.line(/^replayed=\d+$/)).not.toBe('replayed=0');
    expect(await replay.exit).toBe(0);
    expect(await stored(event.id)).toEqual([expect.objectContaining({ status: 'PROCESSED', attempts: 1 })]);
  });
});
