import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { Temporal } from 'temporal-polyfill';
import { DataSource } from 'typeorm';
import { aggregate } from '../../../src/domain/metering/aggregate.ts';
import { bucketsOf } from '../../../src/domain/metering/buckets.ts';
import type { MeterEvent } from '../../../src/domain/metering/meter-event.ts';
import { type Metering, meterUsage } from '../../../src/domain/metering/meter-usage.ts';
import type { ChargePricing } from '../../../src/domain/pricing/charge-model.ts';
import { writeUsage } from '../../../src/domain/invoicing/usage-inputs.ts';
import { pricingOf } from '../../../src/domain/pricing/read-charge-model.ts';
import { ensureStream, measureUsage, type UsageRequest } from '../../../src/modules/usage/index.ts';
import { connectionOptions } from '../../../src/platform/database/connection.ts';
import { queryOn } from '../../../src/platform/database/sql.ts';
import { UnitOfWork } from '../../../src/platform/database/unit-of-work.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';
import { makeMetric } from './make-metric.ts';

const aggregations = ['COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'WEIGHTED_SUM', 'LATEST'] as const;
type Aggregation = (typeof aggregations)[number];

const instant = (text: string) => Temporal.Instant.from(text);
const period = { start: instant('2026-03-01T00:00:00Z'), end: instant('2026-04-01T00:00:00Z') };
/** A start in the middle. */
const billed = { start: instant('2026-03-06T15:00:00Z'), end: period.end };

const standard = pricingOf('standard', { amount: '1' });
const tiered = pricingOf('graduated', {
  graduated_ranges: [
    { from_value: 0, to_value: 3, per_unit_amount: '2', flat_amount: '1' },
    { from_value: 4, to_value: null, per_unit_amount: '1', flat_amount: '0' },
  ],
});
const perEvent = pricingOf('percentage', {
  rate: '2',
  fixed_amount: '1',
  free_units_per_events: 2,
  per_transaction_max_amount: '3',
});
const dynamic = pricingOf('dynamic', {});

interface World {
  readonly aggregation: Aggregation;
  readonly recurring: boolean;
  readonly prorated: boolean;
  readonly pricing: ChargePricing;
  readonly filters: readonly { readonly id: string; readonly values: Readonly<Record<string, readonly string[]>> }[];
  readonly groupKeys: readonly string[];
  readonly events: readonly RandomEvent[];
}

interface RandomEvent {
  /** Hours from ten days before the period. */
  readonly hour: number;
  readonly value: number;
  readonly removes: boolean;
  readonly region: string | null;
  readonly team: string | null;
  readonly total: number;
}

const eventOf = fc.record({
  hour: fc.integer({ min: 0, max: 45 * 24 }),
  value: fc.integer({ min: -20, max: 60 }),
  removes: fc.boolean(),
  region: fc.constantFrom('eu', 'us', 'mars', null),
  team: fc.constantFrom('a', 'b', null),
  total: fc.integer({ min: 0, max: 900 }),
});
const filterOf = fc.constantFrom<Readonly<Record<string, readonly string[]>>>(
  { region: ['eu'] },
  { region: ['eu', 'us'] },
  { region: ['us'], team: ['a', 'b'] },
  { team: ['b'] },
);

const worldOf: fc.Arbitrary<World> = fc
  .record({
    aggregation: fc.constantFrom(...aggregations),
    recurs: fc.boolean(),
    prorates: fc.boolean(),
    pricing: fc.constantFrom(standard, standard, tiered, perEvent, dynamic),
    filters: fc.uniqueArray(filterOf, { maxLength: 3, selector: (filter) => JSON.stringify(filter) }),
    groupKeys: fc.constantFrom<readonly string[]>([], [], ['team'], ['team', 'region']),
    events: fc.array(eventOf, { maxLength: 25 }),
  })
  .map(({ recurs, prorates, filters, ...world }) => {
    const recurring = recurs && ['SUM', 'UNIQUE_COUNT', 'WEIGHTED_SUM'].includes(world.aggregation);
    const isProratable = recurring && world.aggregation !== 'WEIGHTED_SUM' && [standard, tiered].includes(world.pricing);
    const pricing = world.pricing === perEvent && world.aggregation !== 'SUM' ? standard : world.pricing;
    return {
      ...world,
      pricing,
      recurring,
      prorated: prorates && isProratable,
      filters: filters.map((values) => ({ id: randomUUID(), values })),
    };
  });

/** SQL counts what the domain's reducers count, whatever the events: two implementations of one rule. */
describe('measureUsage', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let sql: pg.Pool;
  const organizationId = randomUUID();
  const metrics = {} as Record<Aggregation, number>;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new DataSource(connectionOptions(database.url)).initialize();
    sql = new pg.Pool({ connectionString: database.url, max: 2 });
    await sql.query(
      "insert into organizations (id, name, mode, created_at, updated_at) values ($1, 'Acme', 'LIVE', now(), now())",
      [organizationId],
    );
    for (const aggregation of aggregations)
      metrics[aggregation] = await makeMetric(
        sql,
        organizationId,
        aggregation,
        aggregation,
        aggregation === 'COUNT' ? null : 'value',
      );
  });
  afterAll(async () => {
    await sql.end();
    await dataSource.destroy();
    await database.drop();
  });

  const meteringOf = (world: World): Metering => ({
    metric: {
      code: world.aggregation,
      aggregation: `${world.aggregation.toLowerCase()}_agg` as Metering['metric']['aggregation'],
      fieldName: world.aggregation === 'COUNT' ? null : 'value',
      expression: null,
      recurring: world.recurring,
      rounding: world.aggregation === 'MAX' ? { function: 'ceil', precision: -1 } : null,
    },
    model: world.pricing.model,
    prorated: world.prorated,
    period,
    billed,
    timezone: 'Europe/Paris',
  });

  const propertiesOf = (world: World, event: RandomEvent): Record<string, unknown> => ({
    value: world.aggregation === 'UNIQUE_COUNT' ? `user ${event.value % 5}` : event.value,
    ...(world.aggregation === 'UNIQUE_COUNT' && event.removes && { operation_type: 'remove' }),
    ...(event.region !== null && { region: event.region }),
    ...(event.team !== null && { team: event.team }),
  });
  const timeOf = (event: RandomEvent) => period.start.subtract({ hours: 240 }).add({ hours: event.hour });

  /** Stores the world's events as ingestion would, and says how usage asks for them. */
  async function store(world: World): Promise<UsageRequest> {
    const streamId = await new UnitOfWork(dataSource).run((tx) => ensureStream(tx, organizationId, randomUUID()));
    const isUnique = world.aggregation === 'UNIQUE_COUNT';
    await sql.query(
      `insert into usage_events (stream_id, metric_key, occurred_at, value, unique_value, transaction_id, properties, precise_total_amount_cents, received_at)
        select $1, $2, e.* , now() from unnest($3::timestamptz[], $4::numeric[], $5::text[], $6::text[], $7::jsonb[], $8::numeric[]) as e`,
      [
        streamId,
        metrics[world.aggregation],
        world.events.map((event) => timeOf(event).toString()),
        world.events.map((event) => (isUnique ? (event.removes ? '-1' : null) : String(event.value))),
        world.events.map((event) => (isUnique ? `user ${event.value % 5}` : null)),
        world.events.map((_, i) => String(i).padStart(4, '0')),
        world.events.map((event) => JSON.stringify(propertiesOf(world, event))),
        world.events.map((event) => String(event.total)),
      ],
    );
    return {
      streamId,
      metricKey: metrics[world.aggregation],
      aggregation: world.aggregation,
      metering: meteringOf(world),
      filters: world.filters.map((filter) => ({ ...filter, model: world.pricing.model, groupKeys: world.groupKeys })),
      groupKeys: world.groupKeys,
    };
  }

  interface Counted {
    readonly filterId: string | null;
    readonly groupedBy: unknown;
    readonly usage: unknown;
  }

  /** By the domain alone. */
  function reference(world: World): Counted[] {
    const events = world.events.map((event): MeterEvent => ({
      timestamp: timeOf(event),
      code: world.aggregation,
      properties: propertiesOf(world, event),
      preciseTotalAmountCents: String(event.total),
    }));
    const from = billed.start.epochMilliseconds;
    const seen = events.filter(
      ({ timestamp }) =>
        timestamp.epochMilliseconds < billed.end.epochMilliseconds && (world.recurring || timestamp.epochMilliseconds >= from),
    );
    const metering = meteringOf(world);
    return bucketsOf(seen, world.filters, world.groupKeys).map((bucket) => {
      const before = { start: instant('2000-01-01T00:00:00Z'), end: billed.start };
      const { carried } = aggregate(metering.metric, bucket.events, { billed: before, period });
      const { usage } = meterUsage(metering, bucket.events, carried);
      return {
        filterId: bucket.filterId,
        groupedBy: world.groupKeys.length === 0 ? null : bucket.groupedBy,
        usage: writeUsage(usage),
      };
    });
  }

  const inOrder = (rows: readonly Counted[]): Counted[] =>
    rows.toSorted((a, b) => (JSON.stringify([a.filterId, a.groupedBy]) < JSON.stringify([b.filterId, b.groupedBy]) ? -1 : 1));
  /** Buckets that nothing came to are there or not; they are zero either way. */
  const some = (rows: readonly Counted[]): Counted[] =>
    rows.filter(({ usage }) => {
      const { units, events_count } = usage as { units: string; events_count: string };
      return units !== '0' || events_count !== '0';
    });

  it('agrees with the reference reducers on random worlds, all of them in two statements', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(worldOf, { minLength: 1, maxLength: 12 }), async (worlds) => {
        const requests: UsageRequest[] = [];
        for (const world of worlds) requests.push(await store(world));
        let statements = 0;
        const ask = queryOn(dataSource);
        const answers = await measureUsage((statement, values) => {
          statements++;
          return ask(statement, values);
        }, requests);
        expect(statements).toBeLessThanOrEqual(2);
        const measured = answers.map((buckets) =>
          inOrder(some(buckets.map(({ filterId, groupedBy, usage }) => ({ filterId, groupedBy, usage: writeUsage(usage) })))),
        );
        expect(measured).toEqual(worlds.map((world) => inOrder(some(reference(world)))));
      }),
      { numRuns: 40 },
    );
  });
});
