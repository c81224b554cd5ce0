import { Client } from 'lago-javascript-client';
import { VerifyAudit } from '../../../src/modules/audit/verify-audit.ts';
import { WriteAudit } from '../../../src/modules/audit/write-audit.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { startProcess, until } from '../../support/processes.ts';
import { advance, stockShop, subscribe } from '../../support/shop.ts';

describe('the audit', () => {
  let florin: Florin;
  let tenant: Tenant;
  let subscriptionId: string;
  beforeEach(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    await stockShop(tenant.call);
    ({ lago_id: subscriptionId } = await subscribe(tenant.call, 'sub'));
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  /** Other databases of this cluster may hold the horizon back for a moment. */
  const complete = () =>
    until('the audit to hold everything that was told', async () => {
      await florin.app.get(WriteAudit).execute();
      const { rows } = await florin.sql.query(
        'select (select count(*) from outbox_events) = (select count(*) from audit_entries) as complete',
      );
      return rows[0].complete as boolean;
    });

  it('says who did what, from where and in which request, newest first', async () => {
    const changed = await tenant.call('PUT', '/api/v1/subscriptions/sub', { subscription: { name: 'renamed' } });
    await florin.operator('PATCH', `/admin/v1/organizations/${tenant.id}`, { organization: { name: 'New' } });
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    await complete();
    const { body } = await florin.operator(
      'GET',
      `/admin/v1/subscriptions/${subscriptionId}/audit?limit=2&object_type=subscription`,
    );
    expect(body.meta.total_count).toBe(3);
    expect(body.audit).toMatchObject([
      {
        event_type: 'subscription.updated',
        actor_type: 'api_key',
        actor_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        actor_ip: '127.0.0.1',
        request_id: changed.headers['x-request-id'],
        event_data: { name: 'renamed' },
      },
      { event_type: 'subscription.started' },
    ]);
    const all = await florin.operator('GET', `/admin/v1/organizations/${tenant.id}/audit?per_page=1000`);
    const entries = all.body.audit as { sequence: number; event_type: string; actor_type: string }[];
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => entries.length - index));
    expect(entries).toContainEqual(expect.objectContaining({ event_type: 'organization.updated', actor_type: 'operator' }));
    expect(entries.map(({ event_type }) => event_type)).toEqual(
      expect.arrayContaining(['api_key.created', 'invoice.created', 'invoice.finalized', 'plan.created', 'customer.created']),
    );
    const only = await florin.operator('GET', `/admin/v1/organizations/${tenant.id}/audit?event_type=invoice.created`);
    expect(only.body.meta.total_count).toBe(1);
  });

  it("speaks Lago's activity logs to the official client, and only of the caller's organization", async () => {
    await complete();
    const lago = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const { data } = await lago.activityLogs.findAllActivityLogs({
      'activity_types[]': ['subscription.created'],
      'activity_sources[]': ['api'],
      external_subscription_id: 'sub',
      'resource_types[]': ['subscription'],
    });
    expect(data.activity_logs).toMatchObject([
      {
        activity_type: 'subscription.created',
        activity_source: 'api',
        resource_id: subscriptionId,
        resource_type: 'subscription',
        external_subscription_id: 'sub',
        external_customer_id: 'customer of sub',
        organization_id: tenant.id,
      },
    ]);
    const id = data.activity_logs[0]?.activity_id ?? '';
    expect((await lago.activityLogs.findActivityLog(id)).data.activity_log.activity_id).toBe(id);
    const today = new Date().toISOString().slice(0, 10);
    const count = async (query: string) => (await tenant.call('GET', `/api/v1/activity_logs?${query}`)).body.meta.total_count;
    expect(await count(`from_date=${today}&external_customer_id=${encodeURIComponent('customer of sub')}`)).toBeGreaterThan(1);
    expect(await count('to_date=2020-01-01')).toBe(0);
    expect(await count('resource_types[]=Invoice&resource_types[]=BillableMetric')).toBeGreaterThan(0);
    expect(await count('resource_types[]=Invoice')).toBe(await count('resource_types[]=invoice'));
    for (const query of ['resource_types[]=Invoices', 'resource_ids[]=x', 'activity_sources[]=web', 'from_date=yesterday'])
      expect(await tenant.call('GET', `/api/v1/activity_logs?${query}`)).toMatchObject({
        status: 422,
        body: { code: 'validation_errors' },
      });
    const stranger = await florin.openOrganization('live', 'Stranger');
    expect((await stranger.call('GET', `/api/v1/activity_logs/${id}`)).body.code).toBe('activity_log_not_found');
    expect((await florin.operator('GET', '/admin/v1/subscriptions/x/audit')).body.code).toBe('subscription_not_found');
  });

  it('is never changed or removed, and a change behind its back is found', async () => {
    await complete();
    const verify = async () => (await florin.app.get(VerifyAudit).execute(tenant.id))[0];
    const whole = await verify();
    expect(whole).toMatchObject({ brokenAt: undefined });
    expect(whole?.entries).toBeGreaterThan(5n);
    for (const sql of [
      `update audit_entries set actor_id = 'somebody else'`,
      'delete from audit_entries where sequence = 3',
      'truncate audit_entries',
    ])
      await expect(florin.sql.query(sql)).rejects.toMatchObject({ constraint: 'audit_is_append_only' });
    const behindItsBack = async (sql: string) => {
      const client = await florin.sql.connect();
      await client.query(`begin; set local session_replication_role = replica; ${sql}; commit`);
      client.release();
    };
    await behindItsBack(
      `update audit_entries set payload = jsonb_set(payload, '{name}', '"x"') where organization_id = '${tenant.id}' and sequence = 2`,
    );
    expect(await verify()).toMatchObject({ brokenAt: 2n });
    await behindItsBack(`delete from audit_entries where organization_id = '${tenant.id}' and sequence in (1, 2)`);
    expect(await verify()).toMatchObject({ brokenAt: 1n });
  });

  it('skips nothing of a transaction that commits late, and writes nothing twice, with several writers', async () => {
    const client = await florin.sql.connect();
    await client.query('begin');
    await client.query(
      `insert into outbox_events (organization_id, object_type, object_id, type, payload, created_at)
         values ($1, 'thing', gen_random_uuid(), 'thing.slow', '{}', now())`,
      [tenant.id],
    );
    await subscribe(tenant.call, 'quick');
    await florin.app.get(WriteAudit).execute();
    await client.query('commit');
    client.release();
    await Promise.all([1, 2, 3].map(() => florin.app.get(WriteAudit).execute()));
    await complete();
    const { rows } = await florin.sql.query(`select count(*)::int as n from audit_entries where type = 'thing.slow'`);
    expect(rows).toEqual([{ n: 1 }]);
    expect((await florin.app.get(VerifyAudit).execute()).map(({ brokenAt }) => brokenAt)).toEqual([undefined]);
  });

  it('is what the operator reads of a subscription on the command line', async () => {
    await tenant.call('PUT', '/api/v1/subscriptions/sub', { subscription: { name: 'renamed' } });
    const read = async (...args: string[]) => {
      const command = startProcess('src/cli.ts', ['subscriptions:audit', ...args], {
        DATABASE_URL: florin.databaseUrl,
        LOG_LEVEL: 'error',
      });
      return { code: await command.exit, ...command.output() };
    };
    const { code, stdout } = await read(subscriptionId);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    expect([code, lines.map(([, type]) => type)]).toEqual([
      0,
      ['subscription.created', 'subscription.started', 'subscription.updated'],
    ]);
    const [at, , who, address, payload] = lines[2] ?? [];
    expect([at, address]).toEqual(['2026-01-01T00:00:00Z', '127.0.0.1']);
    expect(who).toMatch(/^api_key [0-9a-f-]{36}$/);
    expect(JSON.parse(payload ?? '')).toMatchObject({ name: 'renamed' });
    const unknown = await read('nobody');
    expect([unknown.code, unknown.stdout]).toEqual([1, '']);
  });

  it('goes on after the database was restored into a cluster that counts its transactions anew', async () => {
    await complete();
    await florin.sql.query(`update outbox_readers set done_before = '999999999999', until = '999999999999'`);
    await florin.sql.query(`update outbox_events set told_in = '888888888888'`);
    await subscribe(tenant.call, 'after');
    await complete();
    expect(await florin.app.get(VerifyAudit).execute(tenant.id)).toMatchObject([{ brokenAt: undefined }]);
  });
});
