import { Operations, type Progress } from '../../../src/platform/operations/operations.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';
import { stockShop, subscribe } from '../../support/shop.ts';
import { subscribeMany } from '../../support/subscribe-many.ts';

interface Heard {
  readonly id: string | undefined;
  readonly event: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

const parse = (text: string): Heard[] =>
  text
    .split('\n\n')
    .filter((block) => block.includes('event: '))
    .map((block) => ({
      id: /^id: (.*)$/m.exec(block)?.[1],
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}'),
    }));

describe('operations', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeEach(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const begin = (work: (progress: Progress) => Promise<object>) => florin.app.get(Operations).start(tenant.id, 'test', work);
  const listen = (id: string, headers: Record<string, string> = {}, query = '') =>
    fetch(`${florin.url}/api/v1/operations/${id}/stream${query}`, {
      headers: { authorization: `Bearer ${tenant.key}`, ...headers },
    });
  const statusOf = async (id: string) => (await tenant.call('GET', `/api/v1/operations/${id}`)).body.operation.status as string;
  /** Work that waits for the test. */
  function gate() {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, opened };
  }

  it('are listened to while they run, and again from any number afterwards', async () => {
    const { open, opened } = gate();
    const { id } = await begin(async (progress) => {
      await progress('half', 50);
      await opened;
      await progress('nearly', 90);
      return { answer: 42 };
    });
    const live = await listen(id);
    expect(live.headers.get('content-type')).toBe('text/event-stream');
    expect(live.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(await statusOf(id)).toBe('running');
    open();
    const heard = parse(await live.text());
    expect(heard.map(({ event }) => event)).toEqual([
      'connected',
      'operation_started',
      'operation_progress',
      'operation_progress',
      'operation_completed',
      'stream_end',
    ]);
    expect(heard.slice(1, 5).map((one) => [one.id, one.data.sequence_number])).toEqual([
      ['1', 1],
      ['2', 2],
      ['3', 3],
      ['4', 4],
    ]);
    expect(heard[2]?.data).toMatchObject({ message: 'half', progress_percent: 50 });
    expect(heard[4]?.data.result).toEqual({ answer: 42 });
    const replayed = parse(await (await listen(id, {}, '?from_sequence=2')).text());
    expect(replayed.map(({ id: number }) => number)).toEqual([undefined, '3', '4', undefined]);
    const resumed = parse(await (await listen(id, { 'last-event-id': '3' })).text());
    expect(resumed.map(({ event }) => event)).toEqual(['connected', 'operation_completed', 'stream_end']);
    expect((await tenant.call('GET', `/api/v1/operations/${id}`)).body.operation).toMatchObject({
      operation_type: 'test',
      status: 'completed',
      result: { answer: 42 },
      _links: { stream: `/api/v1/operations/${id}/stream` },
    });
  });

  it('that fail say so', async () => {
    const { id } = await begin(() => Promise.reject(new Error('planted: a secret of the database')));
    await until('it to fail', async () => (await statusOf(id)) === 'failed');
    const { body } = await tenant.call('GET', `/api/v1/operations/${id}`);
    expect(body.operation.error).toEqual({ error_type: 'internal_error', message: 'The log says why.' });
  });

  it('stop at their next step when asked, and a finished one cannot be cancelled', async () => {
    const { open, opened } = gate();
    const { id } = await begin(async (progress) => {
      await opened;
      return { wentOn: await progress('next', 70) };
    });
    expect((await tenant.call('DELETE', `/api/v1/operations/${id}`)).body.operation.cancel_requested).toBe(true);
    open();
    await until('it to stop', async () => (await statusOf(id)) === 'cancelled');
    expect((await tenant.call('GET', `/api/v1/operations/${id}`)).body.operation.result).toEqual({ wentOn: false });
    expect((await tenant.call('DELETE', `/api/v1/operations/${id}`)).body).toMatchObject({
      status: 409,
      code: 'operation_finished',
    });
  });

  it('whose process is gone are failed, not running for ever', async () => {
    const { open, opened } = gate();
    const { id } = await begin(async () => {
      await opened;
      return {};
    });
    await until('it to run', async () => (await statusOf(id)) === 'running');
    await florin.sql.query(`update operations set heartbeat_at = now() - interval '10 minutes'`);
    expect((await tenant.call('GET', `/api/v1/operations/${id}`)).body.operation).toMatchObject({
      status: 'failed',
      error: { error_type: 'process_died' },
    });
    open();
    await until('the late end to be ignored', () => true);
    expect(await statusOf(id)).toBe('failed');
  });

  it('keep a silent connection alive, every 30 seconds', async () => {
    const { open, opened } = gate();
    const { id } = await begin(async () => {
      await opened;
      return {};
    });
    const reader = (await listen(id)).body?.getReader();
    let text = '';
    const readUntil = async (words: string): Promise<void> => {
      while (!text.includes(words)) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    };
    await readUntil('event: operation_started');
    expect(text).not.toContain('keepalive');
    const begun = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => begun + 31_000);
    try {
      await readUntil(': keepalive\n\n');
    } finally {
      clock.mockRestore();
    }
    open();
    await readUntil('event: stream_end');
  });

  it('have five listeners at once, and no foreign ones', async () => {
    const { open, opened } = gate();
    const { id } = await begin(async () => {
      await opened;
      return {};
    });
    const streams = await Promise.all(Array.from({ length: 5 }, () => listen(id)));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await listen(id)).status).toBe(429);
    // Of one operation: a vendor's server listens to those of all its customers.
    const another = await begin(() => Promise.resolve({}));
    expect((await listen(another.id)).status).toBe(200);
    const other = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      api_key: { name: 'another', role: 'member' },
    });
    const ofOther = await listen(id, { authorization: `Bearer ${other.body.api_key.key}` });
    expect(ofOther.status).toBe(200);
    const stranger = await florin.openOrganization('live', 'Stranger');
    for (const [method, path] of [
      ['GET', `/api/v1/operations/${id}`],
      ['GET', `/api/v1/operations/${id}/stream`],
      ['DELETE', `/api/v1/operations/${id}`],
    ] as const)
      expect((await stranger.call(method, path)).body).toMatchObject({ status: 404, code: 'operation_not_found' });
    open();
    for (const stream of [...streams, ofOther]) expect(await stream.text()).toContain('event: stream_end');
    expect((await listen(id)).status).toBe(200);
  });

  it('do a billing run in the background when the caller prefers that', async () => {
    await stockShop(tenant.call);
    await subscribe(tenant.call, 'sub');
    await florin.sql.query(
      `update subscriptions set current_period_start = now() - interval '1 month', current_period_end = now(), billing_time = 'anniversary',
         subscription_at = now() - interval '1 month', started_at = now() - interval '1 month'`,
    );
    const answer = await tenant.call('POST', '/api/v1/billing_runs', undefined, { prefer: 'respond-async' });
    expect([answer.status, answer.body.operation.operation_type]).toEqual([202, 'billing_run']);
    const { id } = answer.body.operation;
    await until('the run to end', async () => (await statusOf(id)) === 'completed');
    const { body } = await tenant.call('GET', `/api/v1/operations/${id}`);
    expect(body.operation.result).toMatchObject({ found: 1, successful: 1, failed: 0 });
    expect(
      (await tenant.call('GET', `/api/v1/billing_runs/${body.operation.result.billing_run_id}`)).body.billing_run.status,
    ).toBe('completed');
  });

  it('of a billing run stop it after the batch in hand; the rest stays due', async () => {
    const due = 1200;
    await subscribeMany(florin, tenant, due);
    // Holding the counter keeps the first batches from being written until somebody asked to stop.
    const counter = await florin.sql.connect();
    await counter.query('begin');
    await counter.query(
      `insert into number_series (organization_id, billing_entity_id, series, first_number, last_number)
       select e.organization_id, e.id, extract(year from now())::text, 1, 0 from billing_entities e where e.organization_id = $1`,
      [tenant.id],
    );
    const { operation } = (await tenant.call('POST', '/api/v1/billing_runs', undefined, { prefer: 'respond-async' })).body;
    await until('the batches wait for the counter', async () => {
      const { rows } = await florin.sql.query(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%number_series%'`,
      );
      return rows[0].n === 2;
    });
    await tenant.call('DELETE', `/api/v1/operations/${operation.id}`);
    await counter.query('rollback');
    counter.release();
    await until('it to stop', async () => (await statusOf(operation.id)) === 'cancelled');
    const { result } = (await tenant.call('GET', `/api/v1/operations/${operation.id}`)).body.operation;
    expect(result).toMatchObject({ found: due, successful: 1000, failed: 0 });
    const runPath = `/api/v1/billing_runs/${result.billing_run_id}`;
    expect((await tenant.call('GET', runPath)).body.billing_run).toMatchObject({ status: 'cancelled', successful: 1000 });
    const next = await tenant.call('POST', '/api/v1/billing_runs');
    expect(next.body.billing_run).toMatchObject({ status: 'completed', found: 200, successful: 200 });
  });

  it('of work that is done elsewhere are reported by whoever does it', async () => {
    const say = (path: string, operation: object) => tenant.call('POST', `/api/v1/operations${path}`, { operation });
    const { id } = (await say('', { operation_type: 'events_import' })).body.operation;
    expect(await statusOf(id)).toBe('running');
    const first = await say(`/${id}/progress`, { message: '250 rows', progress_percent: 20 });
    expect(first.body.operation).toMatchObject({ status: 'running', cancel_requested: false });
    await tenant.call('DELETE', `/api/v1/operations/${id}`);
    const second = await say(`/${id}/progress`, { message: '500 rows', progress_percent: 40 });
    expect(second.body.operation.cancel_requested).toBe(true);
    expect((await say(`/${id}/complete`, { result: { rows: 500 } })).body.operation).toMatchObject({
      status: 'cancelled',
      result: { rows: 500 },
    });
    expect((await say(`/${id}/fail`, { error: 'late' })).body.code).toBe('operation_finished');
    const heard = parse(await (await listen(id)).text());
    expect(heard.map(({ event }) => event)).toEqual([
      'connected',
      'operation_started',
      'operation_progress',
      'operation_progress',
      'operation_cancelled',
      'stream_end',
    ]);
    const failing = (await say('', { operation_type: 'sync' })).body.operation.id as string;
    const failed = await say(`/${failing}/fail`, { error: 'The file is gone.', error_type: 'no_file' });
    expect(failed.body.operation).toMatchObject({
      status: 'failed',
      error: { error_type: 'no_file', message: 'The file is gone.' },
    });
    expect((await say('', { operation_type: 'Not a word' })).body.error_details).toEqual({
      operation_type: ['value_is_invalid'],
    });
    expect((await say(`/${failing}/progress`, { message: 'x', progress_percent: 101 })).body.error_details).toEqual({
      progress_percent: ['value_is_out_of_range'],
    });
  });

  it("of Florin's own work cannot be reported by others", async () => {
    const { open, opened } = gate();
    const { id } = await begin(async () => {
      await opened;
      return {};
    });
    const answer = await tenant.call('POST', `/api/v1/operations/${id}/complete`);
    expect(answer.body.code).toBe('operation_not_found');
    open();
    await until('it to end', async () => (await statusOf(id)) === 'completed');
  });
});
