import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { formatMajor, inMajorUnits, inMinorUnits } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import { growthCents, priceGrowth, priceUsage } from '../pricing/price-usage.ts';
import type { UsageToPrice } from '../pricing/usage.ts';
import { type DayCount, type Proration, prorationFraction, prorationOf } from '../proration/local-days.ts';
import type { PricingDerivation } from './derivation.ts';
import type { FeeType, FixedChargeItem, InvoiceItem, TaxRate, UsageBucket, UsageChargeItem, UsageEvidence } from './items.ts';
import { writeUsage } from './usage-inputs.ts';

/** A line with its exact amount in minor units, before its one rounding. */
export interface Line {
  readonly type: FeeType;
  /** Whose it is, where subscriptions are billed. */
  readonly subscriptionId?: string | null;
  /** Null for a line in free words. */
  readonly itemId: string | null;
  readonly name: string;
  readonly units: string;
  readonly unitAmount: string;
  readonly eventsCount: bigint;
  readonly precise: Exact;
  readonly proration: Proration | null;
  /** By which rule days were counted, also where the whole period is billed: what is credited of it later counts them so too. */
  readonly dayCount?: DayCount;
  readonly taxes: readonly TaxRate[];
  readonly billed: Span;
  readonly description?: string | null;
  readonly pricing?: PricingDerivation;
  readonly evidence?: UsageEvidence;
  readonly filterId?: string | null;
  readonly filterValues?: Readonly<Record<string, readonly string[]>>;
  readonly groupedBy?: Readonly<Record<string, string | null>>;
  /** Where days ended before the usage did. */
  readonly daysUntil?: Temporal.Instant;
  /** Minor units that other fees of the charge or period came to already. */
  readonly trueUp?: { readonly minimumCents: bigint; readonly chargedCents: bigint };
}

export interface LineSettings {
  readonly currency: string;
  readonly timezone: string;
  readonly dayCount?: DayCount;
}

const prorationOfItem = ({ period, billed }: InvoiceItem, { timezone, dayCount }: LineSettings): Proration | null =>
  prorationOf(period, billed, timezone, dayCount);

const prorate = (amount: Exact, proration: Proration | null): Exact =>
  proration ? amount.times(prorationFraction(proration)) : amount;

/** The lines of an item other than its true-up. */
export function linesOf(item: InvoiceItem, settings: LineSettings): Line[] {
  const base = { itemId: item.id, name: item.name, taxes: item.taxes, billed: item.billed, eventsCount: 0n };
  switch (item.kind) {
    case 'plan': {
      const proration = prorationOfItem(item, settings);
      const unitAmount = formatMajor(item.amountCents, settings.currency);
      const precise = prorate(Exact.fromInteger(item.amountCents), proration);
      return [{ ...base, type: 'subscription', units: '1', unitAmount, proration, precise }];
    }
    case 'add_on': {
      const precise = inMinorUnits(Exact.parse(item.units).times(Exact.parse(item.unitAmount)), settings.currency);
      const { description } = item;
      return [{ ...base, description, type: 'add_on', units: item.units, unitAmount: item.unitAmount, proration: null, precise }];
    }
    case 'fixed_charge':
      return [fixedLine(item, settings)];
    case 'charge':
      return item.buckets.map((bucket) => bucketLine(item, bucket, settings));
    case 'commitment':
      return [];
  }
}

function fixedLine(item: FixedChargeItem, settings: LineSettings): Line {
  const proration = item.prorated ? prorationOfItem(item, settings) : null;
  const bucket = {
    pricing: item.pricing,
    usage: { units: Exact.parse(item.units), eventsCount: 0n },
    ...(item.paidUnits !== undefined && { paid: { units: Exact.parse(item.paidUnits), eventsCount: 0n } }),
  };
  return {
    type: 'fixed_charge',
    itemId: item.id,
    name: item.name,
    taxes: item.taxes,
    billed: item.billed,
    eventsCount: 0n,
    units: unitsOf(bucket).toDecimal(),
    proration,
    ...pricedUnits(bucket, proration, settings.currency),
  };
}

function bucketLine(item: UsageChargeItem, bucket: UsageBucket, settings: LineSettings): Line {
  return {
    type: 'charge',
    itemId: item.id,
    name: bucket.label ? `${item.name} (${bucket.label})` : item.name,
    taxes: item.taxes,
    billed: item.billed,
    eventsCount: bucket.paid === undefined ? bucket.usage.eventsCount : 1n,
    units: unitsOf(bucket).toDecimal(),
    proration: null,
    evidence: bucket.evidence,
    filterId: bucket.filterId,
    filterValues: bucket.filterValues,
    groupedBy: bucket.groupedBy,
    ...daysUntilOf(item),
    ...(bucket.paid === undefined
      ? pricedUnits(bucket, null, settings.currency)
      : pricedGrowth(bucket, bucket.paid, settings.currency)),
  };
}

const daysUntilOf = ({ daysUntil, billed }: UsageChargeItem): Pick<Line, 'daysUntil'> =>
  daysUntil && daysUntil.epochNanoseconds < billed.end.epochNanoseconds ? { daysUntil } : {};

/** In advance the growth beyond what is paid for: a decrease is no units, not fewer. */
function unitsOf({ usage, paid }: Pick<UsageBucket, 'usage' | 'paid'>): Exact {
  const units = usage.proratedUnits ?? usage.units;
  return paid ? units.minus(paid.proratedUnits ?? paid.units).atLeast(Exact.zero) : units;
}

/** A standard price needs no steps: its units and unit amount say all. */
function pricedUnits(
  bucket: Pick<UsageBucket, 'pricing' | 'usage' | 'paid'>,
  proration: Proration | null,
  currency: string,
): Pick<Line, 'precise' | 'unitAmount' | 'pricing'> {
  const { pricing, usage, paid } = bucket;
  const { model } = pricing;
  if (model.name === 'standard' && paid === undefined && !usage.units.isNegative()) {
    const amount = (usage.proratedUnits ?? usage.units).times(model.amount);
    return { precise: prorate(inMinorUnits(amount, currency), proration), unitAmount: model.amount.toDecimal() };
  }
  const price = priceUsage(model, usage, currency);
  const amount = paid === undefined ? price.amount : priceGrowth(model, paid, usage, currency);
  return {
    precise: prorate(inMinorUnits(amount, currency), proration),
    unitAmount: averageOf(amount, unitsOf(bucket)),
    pricing: {
      charge_model: model.name,
      properties: pricing.properties,
      inputs: writeUsage(usage),
      ...(paid !== undefined && { paid: paid && writeUsage(paid) }),
      steps: price.steps,
    },
  };
}

/** Usage that is paid in advance: what it comes to by now, less what was charged. */
function pricedGrowth(
  bucket: UsageBucket,
  paid: UsageToPrice | null,
  currency: string,
): Pick<Line, 'precise' | 'unitAmount' | 'pricing'> {
  const { pricing, usage } = bucket;
  const { precise, chargedCents } = growthCents(pricing.model, paid, usage, currency);
  return {
    precise,
    unitAmount: averageOf(inMajorUnits(precise, currency), unitsOf(bucket)),
    pricing: {
      charge_model: pricing.model.name,
      properties: pricing.properties,
      inputs: writeUsage(usage),
      paid: paid && writeUsage(paid),
      charged_cents: chargedCents.toString(),
      steps: priceUsage(pricing.model, usage, currency).steps,
    },
  };
}

const averageOf = (amount: Exact, units: Exact): string => (units.isPositive() ? amount.dividedBy(units).toDecimal() : '0');

/** What is missing to a minimum: the minimum of the billed days, rounded, less what was charged; nothing when it was reached. */
export function trueUpLine(
  item: UsageChargeItem | Extract<InvoiceItem, { kind: 'commitment' }>,
  chargedCents: bigint,
  settings: LineSettings,
): Line[] {
  const minimumCents = item.kind === 'commitment' ? item.amountCents : (item.minimumCents ?? 0n);
  if (minimumCents === 0n) return [];
  const days = item.kind === 'charge' ? daysUntilOf(item) : {};
  const billed = { ...item.billed, ...(days.daysUntil && { end: days.daysUntil }) };
  const proration = prorationOfItem({ ...item, billed }, settings);
  const due = prorate(Exact.fromInteger(minimumCents), proration).roundToInteger() - chargedCents;
  if (due <= 0n) return [];
  return [
    {
      type: item.kind,
      itemId: item.id,
      name: item.name,
      taxes: item.taxes,
      billed: item.billed,
      eventsCount: 0n,
      units: '1',
      unitAmount: inMajorUnits(Exact.fromInteger(due), settings.currency).toDecimal(),
      precise: Exact.fromInteger(due),
      proration,
      ...days,
      trueUp: { minimumCents, chargedCents },
    },
  ];
}
