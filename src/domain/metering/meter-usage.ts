import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { Exact } from '../money/exact.ts';
import type { ChargeModel } from '../pricing/charge-model.ts';
import { sortIntoTiers } from '../pricing/graduated.ts';
import { needsTransactions, sortTransactions } from '../pricing/percentage.ts';
import { readDecimal } from '../money/read-decimal.ts';
import type { DayCount } from '../proration/local-days.ts';
import type { UsageToPrice } from '../pricing/usage.ts';
import { type Aggregate, aggregate, eventsWithin } from './aggregate.ts';
import { type Carried, nothingCarried } from './carried.ts';
import type { MeterEvent } from './meter-event.ts';
import { type Metric, numberOf, roundUnits } from './metric.ts';
import { proratedChanges, proratedUnits } from './recurring-proration.ts';

export interface Metering {
  readonly metric: Metric;
  readonly model: ChargeModel;
  /** A recurring charge that bills the days a unit was there. */
  readonly prorated: boolean;
  readonly billed: Span;
  readonly period: Span;
  readonly timezone: string;
  readonly dayCount?: DayCount;
  /** The end of the days that are billed, where the last one of `billed` is not: the day of a change is the successor's. */
  readonly daysUntil?: Temporal.Instant;
}

/** From raw events to what `priceUsage` needs, for one bucket: what `florin explain --verify` compares the stores with. */
export function meterUsage(
  metering: Metering,
  events: readonly MeterEvent[],
  carried: Carried = nothingCarried,
): { readonly usage: UsageToPrice; readonly aggregate: Aggregate } {
  const { metric, model, billed } = metering;
  const counted = aggregate(metric, events, metering, carried);
  const within = eventsWithin(events, billed);
  const usage: UsageToPrice = { units: counted.units, eventsCount: counted.eventsCount };
  return {
    usage: { ...usage, ...evidenceFor(model, metering, within, metric.recurring ? carried : nothingCarried) },
    aggregate: counted,
  };
}

function evidenceFor(
  model: ChargeModel,
  metering: Metering,
  events: readonly MeterEvent[],
  carried: Carried,
): Partial<UsageToPrice> {
  const { metric } = metering;
  if (model.name === 'dynamic')
    return {
      totalAmountCents: events.reduce(
        (sum, event) => sum.plus(readDecimal(event.preciseTotalAmountCents) ?? Exact.zero),
        Exact.zero,
      ),
    };
  if (model.name === 'percentage' && needsTransactions(model))
    return {
      transactions: sortTransactions(
        model,
        events.map((event) => numberOf(metric, event) ?? Exact.zero),
      ),
    };
  if (!metering.prorated) return {};
  if (model.name === 'graduated') return { tierShares: sortIntoTiers(model, proratedChanges(metric, events, metering, carried)) };
  return { proratedUnits: roundUnits(proratedUnits(metric, events, metering, carried), metric.rounding) };
}
