import { IngestEvents } from '../src/modules/usage/index.ts';
import { examineHealth } from './billing-run.ts';
import { makeBatches, type StoredNames, turnOf } from './event-batches.ts';
import { type Ground, withClient } from './ground.ts';
import { openClients } from './http-clients.ts';
import { metered, openProduct } from './product.ts';
import { openReplica } from './replica.ts';
import { progress, ratiosOf, type Row, short, versus } from './report.ts';
import type { Sizes } from './sizes.ts';
import { openLoop } from './statement-loop.ts';
import { statementsOf } from './tap.ts';
import type { Template } from './template.ts';

const connections = 8;
/** A server that has run for a while is what is measured: the engine goes on compiling hot code for the first 200,000 events. */
const warmUps = 4;

/** Goals 1 and 2: the product against the bare driver, both sending the product's own INSERT to the same table. */
export async function ingestionRows(ground: Ground, sizes: Sizes, template: Template): Promise<Row[]> {
  const { shop, subscriptions } = template;
  const { batches, calls } = sizes;
  const url = await ground.copy(template.database, 'ingestion');
  const product = await openProduct(url, ground.directory);
  const replica = await openReplica(url, ground.directory);
  const clients = openClients();
  const loop = await openLoop(url, connections);
  const single = await openLoop(url, 1);
  try {
    const names = await storedNames(url);
    const ingest = product.app.get(IngestEvents);
    // The service is used as the bench uses it; what it sends is what the bare driver sends.
    const [probe] = makeBatches(1, 100, subscriptions);
    const insert = (await statementsOf(() => ingest.batch(shop.organizationId, probe ?? []))).find(({ text }) =>
      text.startsWith('insert into usage_events'),
    );
    if (!insert) throw new Error('the product stored events without an INSERT');
    const statement = { name: insert.name, text: insert.text };

    const measure = async (
      what: string,
      batches: number,
      size: number,
      run: (made: ReturnType<typeof makeBatches>) => Promise<() => Promise<number>>,
    ) => {
      const go = await run(makeBatches(batches, size, subscriptions));
      await empty(url);
      const rate = (batches * size) / (await go());
      await expectEvents(url, batches * size);
      progress(`${what}: ${short(rate)} events/s`);
      return rate;
    };
    const byHttp = (what: string, urls: readonly string[]) =>
      measure(what, batches, 100, async (made) => {
        const calls = made.map((batch) => ({
          method: 'POST' as const,
          path: '/api/v1/events/batch',
          body: JSON.stringify({ events: batch }),
        }));
        return () => clients.run({ urls, key: shop.key, calls });
      });
    const byDriver = (what: string, on: typeof loop, batches: number, size: number) =>
      measure(what, batches, size, async (made) => {
        const turns = made.map((batch) => turnOf(batch, statement, names));
        return () => on.run(turns);
      });
    const byCall = (batches: number) =>
      measure('call, 1000 events', batches, 1_000, async (made) => async () => {
        const started = performance.now();
        for (const batch of made) await ingest.batch(shop.organizationId, batch);
        return (performance.now() - started) / 1_000;
      });

    const byOne = () => byHttp('HTTP, 100 events', [product.url]);
    const byTwo = () => byHttp('HTTP, 100 events, two servers', [product.url, replica.url]);
    for (let turn = 0; turn < warmUps; turn++) {
      await byOne();
      await byTwo();
    }
    await byDriver('driver, 100 events', loop, batches, 100);
    await byCall(calls);
    await byDriver('driver, 1000 events', single, calls, 1_000);
    const rates = {
      one: [] as number[],
      two: [] as number[],
      loop: [] as number[],
      call: [] as number[],
      single: [] as number[],
    };
    for (let repetition = 0; repetition < sizes.repetitions; repetition++) {
      const turns = [
        async () => rates.one.push(await byOne()),
        async () => rates.two.push(await byTwo()),
        async () => rates.loop.push(await byDriver('driver, 100 events', loop, batches, 100)),
        async () => rates.call.push(await byCall(calls)),
        async () => rates.single.push(await byDriver('driver, 1000 events', single, calls, 1_000)),
      ];
      for (const turn of repetition % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    await examineHealth(product.app);
    return [
      {
        goal: '1',
        what: `POST of 100 events, ${connections} clients : pg loop`,
        ratios: ratiosOf(rates.one, rates.loop),
        floor: 0.55,
        target: 0.8,
        rates: versus('events/s', rates.one, rates.loop),
      },
      {
        goal: '1',
        what: 'the same, two servers',
        ratios: ratiosOf(rates.two, rates.loop),
        floor: 0.55,
        target: 0.8,
        rates: versus('events/s', rates.two, rates.loop),
      },
      {
        goal: '2',
        what: 'call with 1000 events : raw INSERT',
        ratios: ratiosOf(rates.call, rates.single),
        floor: 0.8,
        target: 0.95,
        rates: versus('events/s', rates.call, rates.single),
      },
    ];
  } finally {
    await Promise.all([clients.close(), loop.close(), single.close()]);
    await Promise.all([product.close(), replica.close()]);
    await ground.drop('ingestion');
  }
}

const storedNames = (url: string): Promise<StoredNames> =>
  withClient(url, async (client) => {
    const streams = await client.query<{ id: string; external_subscription_id: string }>(
      'select id, external_subscription_id from usage_streams',
    );
    const metrics = await client.query<{ usage_key: number }>('select usage_key from billable_metrics where code = $1', [
      metered,
    ]);
    return {
      streamIds: new Map(streams.rows.map((row) => [row.external_subscription_id, row.id])),
      metricKey: metrics.rows[0]?.usage_key ?? 0,
    };
  });

/** The same start for everybody: an empty table, and the last checkpoint just behind. */
const empty = (url: string): Promise<unknown> =>
  withClient(url, async (client) => {
    await client.query('truncate usage_events');
    await client.query('checkpoint');
  });

async function expectEvents(url: string, expected: number): Promise<void> {
  const stored = await withClient(url, async (client) => {
    const { rows } = await client.query<{ stored: string }>(
      'select count(*) as stored from usage_events where value is not null',
    );
    return Number(rows[0]?.stored);
  });
  if (stored !== expected) throw new Error(`${expected} events were sent and ${stored} are stored`);
}
