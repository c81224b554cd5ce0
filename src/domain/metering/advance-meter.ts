import type { Temporal } from 'temporal-polyfill';
import { Exact } from '../money/exact.ts';
import { readDecimal } from '../money/read-decimal.ts';
import { needsTransactions, sortTransactions } from '../pricing/percentage.ts';
import { priceUsage } from '../pricing/price-usage.ts';
import type { UsageToPrice } from '../pricing/usage.ts';
import type { MeterEvent } from './meter-event.ts';
import type { Metering } from './meter-usage.ts';
import { numberOf, rawValueOf, roundUnits } from './metric.ts';
import { roundProrated, shareOfDays } from './recurring-proration.ts';

/** An event as it came. Of two with the same time the one with the larger id is the later. */
export interface Arrival {
  readonly id: string;
  readonly event: MeterEvent;
}

/** What an event that is paid in advance comes to: the usage with it, and the usage that was paid for before. Null: none was. */
export interface AdvanceUsage {
  readonly usage: UsageToPrice;
  readonly paid: UsageToPrice | null;
  /** Units before the metric's rounding. */
  readonly aggregated: Exact;
}

/**
 * Counts one bucket of a charge that is paid in advance, event by event in the order in which they came. What is due is always the
 * price of everything so far; what is paid for is the dearest that any settled event made of it. The next event owes the difference, so
 * the fees of a period add up to the price of the whole, and a decrease refunds nothing.
 */
export class AdvanceMeter {
  /** Running total, before rounding. */
  private total = Exact.zero;
  private eventsCount = 0n;
  private totalAmountCents = Exact.zero;
  /** Of each unique value the last event, by time. */
  private readonly lastOf = new Map<string, Arrival>();
  /** In the order of time, where the price looks at each. */
  private readonly transactions: Arrival[] = [];
  /** The most full units so far, and the same for the days that were left when each of them came. */
  private highest: Exact;
  private prorated: Exact;
  private paid: { readonly usage: UsageToPrice; readonly amount: Exact } | null = null;
  private isSettled = false;
  private readonly share: (from: Temporal.Instant) => Exact;
  private readonly looksAtEach: boolean;

  /** `standing` came before the period, and is there when it begins. */
  constructor(
    private readonly metering: Metering,
    private readonly currency: string,
    standing: readonly Arrival[] = [],
  ) {
    const { model, billed } = metering;
    this.looksAtEach = model.name === 'percentage' && needsTransactions(model);
    this.share = metering.prorated ? shareOfDays(metering) : () => Exact.one;
    for (const arrival of standing) this.count(arrival);
    this.highest = this.total.atLeast(Exact.zero);
    this.prorated = this.highest.times(this.share(billed.start));
  }

  /** Counts an event; nothing is settled by it. */
  add(arrival: Arrival): void {
    this.keepPaid();
    this.count(arrival);
    this.grow(arrival.event);
  }

  /** Counts an event that was charged, or is free: what the usage with it comes to is not charged any more. */
  addSettled(arrival: Arrival): void {
    // Looking at each transaction takes long, and what they cost together never falls: the last time will do.
    if (!this.looksAtEach) this.keepPaid();
    this.count(arrival);
    this.grow(arrival.event);
    this.isSettled = true;
  }

  /** What was counted so far is paid for. */
  settle(): void {
    this.isSettled = true;
  }

  /** The usage that is paid for; null: none is. */
  paidFor(): UsageToPrice | null {
    this.keepPaid();
    return this.paid?.usage ?? null;
  }

  /** Counts an event and answers what it is charged for; after that it is settled. */
  charge(arrival: Arrival): AdvanceUsage {
    this.add(arrival);
    const charged = { usage: this.usage(), paid: this.paid?.usage ?? null, aggregated: this.total };
    this.isSettled = true;
    return charged;
  }

  private count({ id, event }: Arrival): void {
    const { metric, model, billed } = this.metering;
    if (metric.aggregation === 'unique_count_agg') this.countUnique({ id, event });
    else this.total = this.total.plus(metric.aggregation === 'count_agg' ? Exact.one : (numberOf(metric, event) ?? Exact.zero));
    if (event.timestamp.epochNanoseconds < billed.start.epochNanoseconds) return;
    this.eventsCount += 1n;
    if (model.name === 'dynamic')
      this.totalAmountCents = this.totalAmountCents.plus(readDecimal(event.preciseTotalAmountCents) ?? Exact.zero);
    if (this.looksAtEach) insertByTime(this.transactions, { id, event });
  }

  private countUnique(arrival: Arrival): void {
    const raw = rawValueOf(this.metering.metric, arrival.event);
    if (raw === undefined) return;
    const value = typeof raw === 'string' ? raw : raw.toDecimal();
    const last = this.lastOf.get(value);
    if (last && isLater(last, arrival)) return;
    this.lastOf.set(value, arrival);
    const change = (isThere(arrival) ? 1n : 0n) - (last && isThere(last) ? 1n : 0n);
    this.total = this.total.plus(Exact.fromInteger(change));
  }

  private grow({ timestamp }: MeterEvent): void {
    const { start } = this.metering.billed;
    const growth = this.total.minus(this.highest);
    if (!growth.isPositive()) return;
    this.highest = this.total;
    const from = timestamp.epochNanoseconds < start.epochNanoseconds ? start : timestamp;
    this.prorated = this.prorated.plus(growth.times(this.share(from)));
  }

  private keepPaid(): void {
    if (!this.isSettled) return;
    this.isSettled = false;
    const usage = this.usage();
    const { amount } = priceUsage(this.metering.model, usage, this.currency);
    const order = this.paid ? amount.compare(this.paid.amount) || usage.units.compare(this.paid.usage.units) : 1;
    if (order > 0) this.paid = { usage, amount };
  }

  private usage(): UsageToPrice {
    const { metric, model, prorated } = this.metering;
    return {
      units: roundUnits(this.total, metric.rounding),
      eventsCount: this.eventsCount,
      ...(prorated && { proratedUnits: roundUnits(roundProrated(this.prorated), metric.rounding) }),
      ...(model.name === 'dynamic' && { totalAmountCents: this.totalAmountCents }),
      ...(model.name === 'percentage' &&
        this.looksAtEach && {
          transactions: sortTransactions(
            model,
            this.transactions.map(({ event }) => numberOf(metric, event) ?? Exact.zero),
          ),
        }),
    };
  }
}

const isThere = ({ event }: Arrival): boolean => event.properties.operation_type !== 'remove';

function isLater(a: Arrival, b: Arrival): boolean {
  const [left, right] = [a.event.timestamp.epochNanoseconds, b.event.timestamp.epochNanoseconds];
  return left === right ? a.id > b.id : left > right;
}

/** They mostly come in order. */
function insertByTime(arrivals: Arrival[], arrival: Arrival): void {
  let place = arrivals.length;
  while (place > 0 && isLater(arrivals[place - 1]!, arrival)) place--;
  arrivals.splice(place, 0, arrival);
}
