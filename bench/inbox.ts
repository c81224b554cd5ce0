import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import pg from 'pg';
import { emptyDatabase, type Ground, withClient } from './ground.ts';
import { type Call, openClients } from './http-clients.ts';
import { openProduct, webhookSecret } from './product.ts';
import { progress, ratiosOf, type Row, short, versus } from './report.ts';
import type { Sizes } from './sizes.ts';

const poolSize = 10;

/** Signed events of 1.7 kB, each with an id of its own. */
function makePosts(count: number, prefix: string): Call[] {
  const timestamp = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, (_, i) => {
    const body = JSON.stringify({
      id: `evt_${prefix}${i}`,
      object: 'event',
      created: timestamp,
      livemode: false,
      type: 'bench.event',
      data: { object: { id: `in_${prefix}${i}`, object: 'invoice', customer: `cus_${i % 500}`, description: 'x'.repeat(1_500) } },
    });
    const v1 = createHmac('sha256', webhookSecret).update(`${timestamp}.${body}`).digest('hex');
    const headers = { 'stripe-signature': `t=${timestamp},v1=${v1}` };
    return { method: 'POST', path: '/api/v1/webhooks/stripe', body, headers };
  });
}

/** Goal 13: verify, store and answer, against a bare HTTP server that does the same INSERT and checks nothing. */
export async function inboxRows(ground: Ground, sizes: Sizes): Promise<Row[]> {
  const url = await ground.copy(emptyDatabase, 'inbox');
  const product = await openProduct(url, ground.directory);
  const bare = await openBare(url);
  const clients = openClients();
  try {
    const measure = async (what: string, address: string, count: number, prefix: string): Promise<number> => {
      await withClient(url, (client) => client.query('truncate inbound_events'));
      const rate = count / (await clients.run({ urls: [address], calls: makePosts(count, prefix) }));
      const stored = await withClient(url, async (client) => {
        const { rows } = await client.query<{ n: number }>('select count(*)::int as n from inbound_events');
        return rows[0]?.n;
      });
      if (stored !== count) throw new Error(`${count} events were sent to ${what} and ${stored} are stored`);
      progress(`${what}: ${short(rate)} events/s`);
      return rate;
    };
    const rates = { florin: [] as number[], bare: [] as number[] };
    await measure('inbox', product.url, sizes.inbound / 4, 'w');
    await measure('bare server', bare.url, sizes.inbound / 4, 'v');
    for (let repetition = 0; repetition < sizes.repetitions; repetition++) {
      const turns = [
        async () => rates.florin.push(await measure('inbox', product.url, sizes.inbound, `f${repetition}_`)),
        async () => rates.bare.push(await measure('bare server', bare.url, sizes.inbound, `b${repetition}_`)),
      ];
      for (const turn of repetition % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    return [
      {
        goal: '13',
        what: 'verify + store + 200, 8 clients : bare server',
        ratios: ratiosOf(rates.florin, rates.bare),
        floor: 0.65,
        target: 0.8,
        rates: versus('events/s', rates.florin, rates.bare),
      },
    ];
  } finally {
    await clients.close();
    await bare.close();
    await product.close();
    await ground.drop('inbox');
  }
}

/** Reads a body, stores it with the product's INSERT, answers 200. */
async function openBare(databaseUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, options: '-c timezone=UTC' });
  const insert = {
    name: 'bare.insert',
    text: `insert into inbound_events (id, provider, account, livemode, event_id, type, api_version, occurred_at, object_type, object_id, lane, body,
        fingerprint, status)
      values (gen_random_uuid(), 'STRIPE', '', false, $1, 'bench.event', null, now(), 'invoice', $1, $1, $2, $3, 'RECEIVED')
      on conflict on constraint uq_inbound_events_event do nothing returning id`,
  };
  let serial = 0;
  const store = async (incoming: IncomingMessage): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    await pool.query({ ...insert, values: [`evt_bare${(serial += 1)}`, body, createHash('sha256').update('').digest()] });
  };
  const server = createServer((incoming, response) => {
    store(incoming).then(
      () => response.setHeader('content-type', 'application/json').end('{"status":"success"}'),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}
