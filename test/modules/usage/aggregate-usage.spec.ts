import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { aggregateUsage, ensureStream, type CountRequest } from '../../../src/modules/usage/index.ts';
import { connectionOptions } from '../../../src/platform/database/connection.ts';
import { queryIn, queryOn } from '../../../src/platform/database/sql.ts';
import { UnitOfWork } from '../../../src/platform/database/unit-of-work.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';
import { makeMetric } from './make-metric.ts';

const march = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };

describe('aggregateUsage', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let unitOfWork: UnitOfWork;
  let sql: pg.Pool;
  const organizationId = randomUUID();
  const metrics = {} as Record<CountRequest['aggregation'], number>;
  let transaction = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new DataSource(connectionOptions(database.url)).initialize();
    unitOfWork = new UnitOfWork(dataSource);
    sql = new pg.Pool({ connectionString: database.url, max: 2 });
    await sql.query(
      "insert into organizations (id, name, mode, created_at, updated_at) values ($1, 'Acme', 'LIVE', now(), now())",
      [organizationId],
    );
    for (const aggregation of ['COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'LATEST'] as const)
      metrics[aggregation] = await makeMetric(sql, organizationId, aggregation.toLowerCase(), aggregation);
  });
  afterAll(async () => {
    await sql.end();
    await dataSource.destroy();
    await database.drop();
  });

  const newStream = () => unitOfWork.run((tx) => ensureStream(tx, organizationId, randomUUID()));
  const add = async (
    streamId: string,
    aggregation: CountRequest['aggregation'],
    events: readonly (readonly [at: string, value: string | null])[],
  ) => {
    for (const [at, value] of events)
      await sql.query(
        `insert into usage_events (stream_id, metric_key, occurred_at, value, unique_value, transaction_id, received_at)
          values ($1, $2, $3, $4, $5, $6, now())`,
        [
          streamId,
          metrics[aggregation],
          at,
          aggregation === 'UNIQUE_COUNT' ? null : value,
          aggregation === 'UNIQUE_COUNT' ? value : null,
          String(++transaction).padStart(6, '0'),
        ],
      );
  };
  const request = (streamId: string, aggregation: CountRequest['aggregation'], range = march): CountRequest => ({
    streamId,
    metricKey: metrics[aggregation],
    aggregation,
    ...range,
  });
  const ask = (...requests: CountRequest[]) => aggregateUsage(queryOn(dataSource), requests);

  it.each([
    ['COUNT', [null, null, null], '3'],
    ['SUM', ['0.1', '0.2', '10.70'], '11'],
    ['SUM', ['12345678901234567890.000000000000000000001', '1'], '12345678901234567891.000000000000000000001'],
    ['SUM', ['5', '-7.5'], '-2.5'],
    ['SUM', ['100', '200'], '300'],
    ['MAX', ['2', '10', '9.99'], '10'],
    ['MAX', ['-3', '-2.50', '-9'], '-2.5'],
    ['UNIQUE_COUNT', ['ann', 'bob', 'ann', 'Ann'], '3'],
    ['LATEST', ['7', '3', '5.10'], '5.1'],
  ] as const)('%s of %j is %s', async (aggregation, values, units) => {
    const stream = await newStream();
    await add(
      stream,
      aggregation,
      values.map((value, day) => [`2026-03-0${day + 1}T12:00:00Z`, value] as const),
    );
    expect(await ask(request(stream, aggregation))).toEqual([{ units, eventsCount: BigInt(values.length) }]);
  });

  it.each(['COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'LATEST'] as const)('%s of nothing is 0 of 0 events', async (aggregation) => {
    expect(await ask(request(await newStream(), aggregation))).toEqual([{ units: '0', eventsCount: 0n }]);
  });

  it.each([
    ['COUNT', '2'],
    ['SUM', '6'],
    ['MAX', '4'],
    ['UNIQUE_COUNT', '2'],
    ['LATEST', '4'],
  ] as const)(
    '%s includes the start, excludes the end, and sees neither other streams nor other metrics',
    async (aggregation, units) => {
      const [stream, other] = [await newStream(), await newStream()];
      await add(stream, aggregation, [
        ['2026-02-28T23:59:59.999Z', '1'],
        ['2026-03-01T00:00:00Z', '2'],
        ['2026-03-31T23:59:59.999Z', '4'],
        ['2026-04-01T00:00:00Z', '8'],
      ]);
      await add(other, aggregation, [['2026-03-15T00:00:00Z', '16']]);
      await add(stream, aggregation === 'SUM' ? 'MAX' : 'SUM', [['2026-03-15T00:00:00Z', '32']]);
      expect(await ask(request(stream, aggregation))).toEqual([{ units, eventsCount: 2n }]);
    },
  );

  it('takes the highest transaction id of two events at the latest instant, in whatever order they came', async () => {
    const stream = await newStream();
    await add(stream, 'LATEST', [
      ['2026-03-09T00:00:00Z', '1'],
      ['2026-03-10T00:00:00Z', '2'],
      ['2026-03-10T00:00:00Z', '3'],
      ['2026-03-05T00:00:00Z', '4'],
    ]);
    expect(await ask(request(stream, 'LATEST'))).toEqual([{ units: '3', eventsCount: 4n }]);
  });

  it('counts events without a value as such, but not as a value', async () => {
    const stream = await newStream();
    await add(stream, 'UNIQUE_COUNT', [
      ['2026-03-01T00:00:00Z', null],
      ['2026-03-02T00:00:00Z', 'ann'],
    ]);
    await add(stream, 'SUM', [['2026-03-01T00:00:00Z', null]]);
    expect(await ask(request(stream, 'UNIQUE_COUNT'), request(stream, 'SUM'))).toEqual([
      { units: '1', eventsCount: 2n },
      { units: '0', eventsCount: 1n },
    ]);
  });

  it('answers many requests in their order, in one statement, inside a transaction too', async () => {
    const streams = [await newStream(), await newStream()];
    const requests: CountRequest[] = [];
    for (const [i, stream] of streams.entries())
      for (const aggregation of ['LATEST', 'COUNT', 'UNIQUE_COUNT', 'SUM', 'MAX'] as const) {
        await add(stream, aggregation, [
          ['2026-03-01T00:00:00Z', `${i + 1}`],
          ['2026-04-02T00:00:00Z', '9'],
        ]);
        requests.push(request(stream, aggregation));
        requests.push(request(stream, aggregation, { from: march.to, to: new Date('2026-05-01T00:00:00Z') }));
      }
    const expected = streams.flatMap((_, i) =>
      [`${i + 1}`, '1', '1', `${i + 1}`, `${i + 1}`].flatMap((units, kind) => [
        { units, eventsCount: 1n },
        { units: [1, 2].includes(kind) ? '1' : '9', eventsCount: 1n },
      ]),
    );
    let statements = 0;
    const answers = await unitOfWork.run((tx) =>
      aggregateUsage((statement, values) => {
        statements++;
        return queryIn(tx)(statement, values);
      }, requests),
    );
    expect(answers).toEqual(expected);
    expect(statements).toBe(1);
    expect(await aggregateUsage(queryOn(dataSource), [])).toEqual([]);
  });

  it('reads only the index for counts, sums and maxima', async () => {
    const stream = await newStream();
    await sql.query(
      `insert into usage_events (stream_id, metric_key, occurred_at, value, transaction_id, received_at)
        select $1, $2, timestamptz '2026-03-01Z' + n * interval '1 second', n, 'bulk-' || n, now() from generate_series(1, 20000) n`,
      [stream, metrics.SUM],
    );
    await sql.query('vacuum analyze usage_events');
    const client = await sql.connect();
    try {
      const explained: string[] = [];
      const [answer] = await aggregateUsage(
        async (statement, values) => {
          const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off) ${statement.text}`, [
            ...values,
          ]);
          explained.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
          const result = await client.query({ ...statement, values: [...values] });
          return result.rows;
        },
        [request(stream, 'SUM')],
      );
      expect(answer).toEqual({ units: '200010000', eventsCount: 20_000n });
      expect(explained[0]).toMatch(/Index Only Scan using ix_usage_events_metric .*\(actual .*rows=20000/);
      expect(explained[0]?.match(/never executed/g)?.length).toBeGreaterThanOrEqual(2);
      expect(explained[0]).not.toContain('Seq Scan');
    } finally {
      client.release();
    }
  });
});

describe('ensureStream', () => {
  it('makes one stream for an external id, also when asked in parallel and by tenant', async () => {
    const database = await createTestDatabase();
    const dataSource = await new DataSource({ ...connectionOptions(database.url) }).initialize();
    try {
      const unitOfWork = new UnitOfWork(dataSource);
      const [mine, theirs] = [randomUUID(), randomUUID()];
      for (const id of [mine, theirs])
        await dataSource.query(
          "insert into organizations (id, name, mode, created_at, updated_at) values ($1, 'A', 'LIVE', now(), now())",
          [id],
        );
      const ids = await Promise.all(Array.from({ length: 8 }, () => unitOfWork.run((tx) => ensureStream(tx, mine, 'sub'))));
      expect(new Set(ids).size).toBe(1);
      expect(await unitOfWork.run((tx) => ensureStream(tx, theirs, 'sub'))).not.toBe(ids[0]);
      expect(await dataSource.query('select count(*)::int as n from usage_streams')).toEqual([{ n: 2 }]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});
