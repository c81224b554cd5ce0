import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import pg from 'pg';
import { Operations } from '../../../src/platform/operations/operations.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';

describe('Florin that is told to stop', () => {
  // Node itself would wait for either of them for a minute and longer.
  it.each([
    ['never said a word', ''],
    ['stopped in the middle of its first line', 'POST /api/v1/events HT'],
    ['stopped in the middle of its headers', 'POST /api/v1/events HTTP/1.1\r\nHost: florin\r\n'],
  ])(
    'does not wait for a connection that %s',
    async (_case, said) => {
      const florin = await startFlorin();
      const client = connect(Number(new URL(florin.url).port), '127.0.0.1');
      await once(client, 'connect');
      if (said !== '') await new Promise((sent) => client.write(said, sent));
      // An answer on another connection shows that the server has accepted this one.
      expect((await florin.as('')('GET', '/health/live')).status).toBe(200);
      const ended = once(client, 'close');
      await florin.stop();
      await ended;
    },
    25_000,
  );

  /** Asks on a connection that this client would use again, for a minute and longer. */
  const ask = async (florin: Florin, path: string, agent: Agent, key = ''): Promise<number> => {
    const [response] = await once(
      get(`${florin.url}${path}`, { agent, headers: { authorization: `Bearer ${key}` } }),
      'response',
    );
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  };

  it('does not wait for a client that keeps its connection', async () => {
    const florin = await startFlorin();
    const agent = new Agent({ keepAlive: true });
    expect(await ask(florin, '/health/live', agent)).toBe(200);
    const stopsAt = performance.now();
    await florin.stop();
    expect(performance.now() - stopsAt).toBeLessThan(5_000);
    agent.destroy();
  }, 25_000);

  it('finishes the request in hand, and its connection ends with the answer', async () => {
    const florin = await startFlorin();
    const tenant = await florin.openOrganization();
    const agent = new Agent({ keepAlive: true });
    const holder = new pg.Client({ connectionString: florin.databaseUrl });
    await holder.connect();
    await holder.query('begin; lock table taxes');
    const answered = ask(florin, '/api/v1/taxes', agent, tenant.key);
    await until('the request waits', async () => {
      const { rows } = await holder.query(`select from pg_locks where not granted and relation = 'taxes'::regclass`);
      return rows.length > 0;
    });
    const stopped = florin.stop();
    await until('no new request is taken', () =>
      fetch(`${florin.url}/health/live`).then(
        () => false,
        () => true,
      ),
    );
    await holder.query('commit');
    await holder.end();
    const releasedAt = performance.now();
    expect(await answered).toBe(200);
    await stopped;
    expect(performance.now() - releasedAt).toBeLessThan(5_000);
    agent.destroy();
  }, 25_000);

  it('says that it is not ready while it finishes', async () => {
    const florin = await startFlorin();
    const tenant = await florin.openOrganization();
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await florin.app.get(Operations).start(tenant.id, 'long_work', async () => {
      await work;
      return {};
    });
    const status = async (path: string) => (await fetch(`${florin.url}${path}`)).status;
    expect(await status('/health/ready')).toBe(200);
    const stopped = florin.stop();
    await until('it says so', async () => (await status('/health/ready')) === 503);
    expect(await status('/health/live')).toBe(200);
    finish();
    await stopped;
  });
});
