import type { Metering } from '../../domain/metering/meter-usage.ts';
import { roundUnits } from '../../domain/metering/metric.ts';
import { Exact } from '../../domain/money/exact.ts';
import type { ChargeModel } from '../../domain/pricing/charge-model.ts';
import { needsTransactions } from '../../domain/pricing/percentage.ts';
import type { UsageToPrice } from '../../domain/pricing/usage.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';
import { aggregateBuckets, type CountedBucket } from './aggregate-buckets.ts';
import { aggregateUsage } from './aggregate-usage.ts';
import { meterCounted } from './meter-counted.ts';
import type { Aggregation } from './metric-directory.ts';

/** A charge's filter with its own price. */
export interface UsageFilter {
  readonly id: string;
  /** Key → values; an event matches with one of the values of each key. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly model: ChargeModel;
  readonly groupKeys: readonly string[];
}

/** What one charge of one subscription counts in its billed span. */
export interface UsageRequest {
  readonly streamId: string;
  readonly metricKey: number;
  readonly aggregation: Aggregation;
  readonly metering: Metering;
  readonly filters: readonly UsageFilter[];
  /** Of what matches no filter. */
  readonly groupKeys: readonly string[];
  /** Counts what is charged at once so far, with the event of this transaction id. */
  readonly charging?: string;
}

/** Usage that is priced together: one filter (null: none matched) and one combination of the grouping values. */
export interface MeasuredUsage {
  readonly filterId: string | null;
  readonly groupedBy: Readonly<Record<string, string | null>> | null;
  readonly usage: UsageToPrice;
  /** Before the metric's rounding. */
  readonly aggregated: Exact;
}

/**
 * What the requests counted, in their order. One statement for those that one index answers, and one more for all that look into
 * events: filters, groups, metrics that recur or weigh by time, prices that look at each event. The charge and each of its filters
 * have at least one bucket, with zero units where nothing came.
 */
export async function measureUsage(query: Query, requests: readonly UsageRequest[]): Promise<readonly MeasuredUsage[][]> {
  const plain = requests.filter(isPlain);
  const sorted = requests.filter((request) => !isPlain(request)).map(bySpecificity);
  const counted = await aggregateUsage(query, plain.map(spanned));
  const buckets = await aggregateBuckets(
    query,
    sorted.map((request) => ({
      ...spanned(request),
      recurring: request.metering.metric.recurring,
      filters: request.filters.map((filter) => filter.values),
      groupKeys: [request.groupKeys, ...request.filters.map((filter) => filter.groupKeys)],
      charging: request.charging ?? null,
      withEvents: modelsOf(request).some((model) => looksAtEvents(request.metering, model)),
    })),
  );
  const plainUsage = new Map(
    plain.map((request, i) => [
      request,
      [measured(request, { ...noBucket, units: counted[i]?.units ?? '0', eventsCount: counted[i]?.eventsCount ?? 0n })],
    ]),
  );
  const bucketsByRequest = sorted.map((): CountedBucket[] => []);
  for (const bucket of buckets) bucketsByRequest[bucket.request]?.push(bucket);
  const others = requests.filter((request) => !isPlain(request));
  const otherUsage = new Map(others.map((request, i) => [request, bucketsOf(sorted[i] ?? request, bucketsByRequest[i] ?? [])]));
  return requests.map((request) => plainUsage.get(request) ?? otherUsage.get(request) ?? []);
}

const noBucket: CountedBucket = {
  request: 0,
  filter: -1,
  groups: [],
  units: '0',
  eventsCount: 0n,
  totalAmountCents: '0',
  events: [],
};

/** Whether ix_usage_events_metric answers it alone. */
const isPlain = ({ metering: { metric, model, prorated }, aggregation, filters, groupKeys, charging }: UsageRequest): boolean =>
  charging === undefined &&
  !metric.recurring &&
  aggregation !== 'WEIGHTED_SUM' &&
  filters.length === 0 &&
  groupKeys.length === 0 &&
  model.name !== 'dynamic' &&
  !looksAtEvents({ prorated }, model);

const looksAtEvents = ({ prorated }: Pick<Metering, 'prorated'>, model: ChargeModel): boolean =>
  prorated || (model.name === 'percentage' && needsTransactions(model));

const modelsOf = ({ metering, filters }: UsageRequest): ChargeModel[] => [metering.model, ...filters.map(({ model }) => model)];

const spanned = ({ streamId, metricKey, aggregation, metering: { billed } }: UsageRequest) => ({
  streamId,
  metricKey,
  aggregation,
  from: dateOf(billed.start),
  to: dateOf(billed.end),
});

/** Filters with most keys first: an event belongs to the most specific that it matches. */
function bySpecificity(request: UsageRequest): UsageRequest {
  const keys = (filter: UsageFilter): number => Object.keys(filter.values).length;
  return { ...request, filters: request.filters.toSorted((a, b) => keys(b) - keys(a)) };
}

/** The filters, the most specific first, and then what matched none. */
function bucketsOf(request: UsageRequest, counted: readonly CountedBucket[]): MeasuredUsage[] {
  return [...request.filters.keys(), -1].flatMap((filter) => {
    const groups = keysOf(request, filter).map(() => null);
    const own = counted.filter((bucket) => bucket.filter === filter);
    // A recurring group whose units have all gone would else be billed as nothing for ever.
    const alive = groups.length === 0 ? own : own.filter((bucket) => bucket.eventsCount > 0n || bucket.units !== '0');
    return (alive.length > 0 ? alive : [{ ...noBucket, filter, groups }]).map((bucket) => measured(request, bucket));
  });
}

const keysOf = (request: UsageRequest, filter: number): readonly string[] => (request.filters[filter] ?? request).groupKeys;

function measured(request: UsageRequest, bucket: CountedBucket): MeasuredUsage {
  const filter = request.filters[bucket.filter];
  const model = filter?.model ?? request.metering.model;
  const metering = { ...request.metering, model };
  const keys = keysOf(request, bucket.filter);
  const place = {
    filterId: filter?.id ?? null,
    groupedBy: keys.length === 0 ? null : Object.fromEntries(keys.map((key, i) => [key, bucket.groups[i] ?? null])),
  };
  if (looksAtEvents(metering, model)) return { ...place, ...meterCounted(metering, bucket.events) };
  const aggregated = aggregatedOf(request, bucket.units);
  return {
    ...place,
    aggregated,
    usage: {
      units: roundUnits(aggregated, metering.metric.rounding),
      eventsCount: bucket.eventsCount,
      ...(model.name === 'dynamic' && { totalAmountCents: Exact.parse(bucket.totalAmountCents) }),
    },
  };
}

/** A weighted sum comes as units × seconds and is spread over the seconds of the whole period, at 15 decimals (as the domain does). */
function aggregatedOf({ aggregation, metering: { period } }: UsageRequest, units: string): Exact {
  const counted = Exact.parse(units);
  if (aggregation !== 'WEIGHTED_SUM') return counted;
  const milliseconds = BigInt(period.end.epochMilliseconds) - BigInt(period.start.epochMilliseconds);
  return counted.times(Exact.fromInteger(1000n)).dividedBy(Exact.fromInteger(milliseconds)).rounded('round', 15);
}
