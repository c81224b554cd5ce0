import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import type { FeeLine } from '../../domain/invoicing/fee.ts';
import type { InvoiceItem, UsageChargeItem } from '../../domain/invoicing/items.ts';
import { type InvoicePart, priceTogether } from '../../domain/invoicing/price-items.ts';
import type { ItemSpan } from '../../domain/lifecycles/billing-step.ts';
import { unitsAt, type UnitsPiece, unitsPieces } from '../../domain/lifecycles/quantity.ts';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';
import { type EffectiveEntity, effectiveEntity } from '../billing-entities/index.ts';
import type { CreditableInvoice } from '../credit-notes/index.ts';
import { type MeasuredUsage, measureUsage } from '../usage/index.ts';
import { billedBefore, imaginedWithin } from './billed-before.store.ts';
import { bucketOf, usageRequestOf } from './charge-usage.ts';
import { unusedCents } from './credit-unused-time.ts';
import { daysOf, type DueSubscription, type ImaginedRows, lineSettingsOf, readNamedForPricing } from './subscription-to-price.ts';
import { paidBeforePause } from './paid-before-pause.ts';
import { paidKey } from './paid-in-period.store.ts';
import { type FixedChargeFacts, loadPriceFacts, type PriceFacts, type UsageChargeFacts } from './price-facts.store.ts';
import { type TaxesOf, taxesOf, taxesOnDayOf } from './taxes-of.ts';
import { storable } from './storable.ts';
import { startsElsewhere, type SubscriptionStep, stepOf, successorStepOf } from './step-of.ts';

/** A subscription at a boundary, with what is billed there and what it costs. */
export interface PricedSubscription extends SubscriptionStep {
  readonly entity: EffectiveEntity;
  /** The start of one that took another's place: its period has run since then. */
  readonly isRunning: boolean;
  /** Whether usage that comes late may make something of nothing. */
  readonly isMetered: boolean;
  /** Its own, and the start of the subscription that took its place when that stands on the same invoice. */
  readonly parts: readonly InvoicePart[];
  readonly priced: PricedInvoice;
}

/** What was counted, charged and paid; by subscription, or by subscription and charge. */
interface Usage {
  of(subscriptionId: string, chargeId: string): readonly MeasuredUsage[];
  /** The item was paid in the span's period before the pause that the span begins after. */
  isPaid(subscriptionId: string, itemId: string, span: ItemSpan): boolean;
  /** Less what is given back of it. */
  billedBefore(subscriptionId: string): bigint;
}

/** Where prices come from. */
export interface PricingSources {
  readonly query: Query;
  readonly taxRates: TaxRates;
  /** What a forecast goes on from: rows as they would be, and the invoices that would be made before, with their fees. */
  readonly imagined?: ImaginedRows & { readonly fees: readonly FeeLine[]; readonly invoices: readonly CreditableInvoice[] };
  /** Drafts that are made again: what they say was not billed before. */
  readonly redrafted?: readonly string[];
}

/**
 * The first two beats for any number of subscriptions: a few reads, then pure pricing. Invoice, preview and current usage all
 * come through here, so they cannot disagree.
 */
export async function priceSubscriptions(
  sources: PricingSources,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<PricedSubscription[]> {
  if (subscriptions.length === 0) return [];
  const { query, taxRates } = sources;
  const entries = await stepsOf(sources, organizationId, subscriptions);
  const steps = entries.flatMap((entry) => (entry.successor ? [entry, entry.successor] : [entry]));
  const facts = await loadPriceFacts(
    query,
    organizationId,
    steps.map((entry) => entry.subscription),
  );
  const usage = await loadUsage(sources, organizationId, steps, facts);
  const taxes = await Promise.all(
    entries.map(({ subscription, entity }) => taxesOnDayOf(taxRates, entity, subscription.current_period_end)),
  );
  return entries.map(({ successor, ...entry }, position) => {
    const byAddress = taxes[position] ?? (() => []);
    const parts = (successor ? [entry, successor] : [entry]).map((step) => ({
      ...lineSettingsOf(entry.subscription),
      subscriptionId: step.subscription.id,
      items: itemsOf(step, taxesOf(facts, step.subscription, byAddress), facts, usage),
    }));
    const isMetered = chargesOf(entry.subscription, facts).length > 0;
    return { ...entry, isMetered, parts, priced: storable(priceTogether(parts)) };
  });
}

/** The boundary of each, and of the successors that are billed together with them: on the same invoice, if by the same entity. */
async function stepsOf({ query, imagined }: PricingSources, organizationId: string, subscriptions: readonly DueSubscription[]) {
  const own = subscriptions.map((subscription) => ({ ...stepOf(subscription), isRunning: false }));
  const ended = own.filter(({ step }) => !step.next).map(({ subscription }) => subscription);
  const elsewhere = ended.filter(startsElsewhere);
  const rows =
    elsewhere.length === 0
      ? []
      : await readNamedForPricing(
          query,
          organizationId,
          elsewhere.flatMap(({ successor_id: id }) => id ?? []),
          imagined,
        );
  const starts = rows.flatMap((row) => {
    const predecessor = elsewhere.find(({ successor_id: id }) => id === row.id);
    const start = predecessor && successorStepOf(predecessor, row);
    return start ? [{ ...start, isRunning: true }] : [];
  });
  return [...own, ...starts].map((entry) => {
    const { subscription, step } = entry;
    const successor = step.next || startsElsewhere(subscription) ? null : successorStepOf(subscription);
    return { ...entry, entity: effectiveEntity(subscription), successor };
  });
}

/**
 * Whether this boundary makes an invoice: the last one of a subscription may be waived, and where a trial ends, or a subscription in
 * its trial, there may be nothing to bill.
 */
export function isInvoiced({ subscription, step, parts, priced }: PricedSubscription): boolean {
  const { trial_ends_at: trialEndsAt, current_period_end: at } = subscription;
  if (step.reason !== 'PERIODIC' && trialEndsAt && at <= trialEndsAt && priced.fees.length === 0) return false;
  return step.reason !== 'TERMINATING' || subscription.on_termination_invoice !== 'skip' || parts.length > 1;
}

/** In arrears at the end of the period; in advance only what recurs: it is paid again for the period that begins. */
const chargesOf = (subscription: DueSubscription, facts: PriceFacts): UsageChargeFacts[] =>
  facts.pricesOf(subscription).charges.filter((charge) => !charge.payInAdvance || charge.metric.recurring);

export async function loadUsage(
  { query, imagined, redrafted = [] }: Omit<PricingSources, 'taxRates'>,
  organizationId: string,
  steps: readonly SubscriptionStep[],
  facts: PriceFacts,
): Promise<Usage> {
  const asked = steps.flatMap(({ subscription, step: { usage } }) => {
    if (!usage) return [];
    const span = { ...usage, ...daysOf(subscription), streamId: subscription.stream_id };
    return chargesOf(subscription, facts).map((charge) => ({
      key: `${subscription.id} ${charge.id}`,
      request: usageRequestOf(charge, span),
    }));
  });
  const measured = await measureUsage(
    query,
    asked.map(({ request }) => request),
  );
  const byKey = new Map(asked.map(({ key }, i) => [key, measured[i] ?? []]));
  const spans = steps.flatMap(({ subscription, step: { committed } }) =>
    committed && facts.pricesOf(subscription).commitment
      ? [{ subscriptionId: subscription.id, from: dateOf(committed.billed.start), to: dateOf(committed.billed.end) }]
      : [],
  );
  const before = await billedBefore(query, organizationId, spans, redrafted);
  const imaginedBefore = imaginedWithin(spans, imagined?.fees ?? []);
  const committing = new Set(spans.map((span) => span.subscriptionId));
  const unused = await unusedCents(
    query,
    organizationId,
    steps.filter(({ subscription }) => committing.has(subscription.id)),
    imagined?.invoices ?? [],
  );
  const paid = await paidBeforePause(query, organizationId, steps, { fees: imagined?.fees ?? [], redrafted });
  return {
    of: (subscriptionId, chargeId) => byKey.get(`${subscriptionId} ${chargeId}`) ?? [],
    isPaid: (subscriptionId, itemId, { billed }) => paid.has(paidKey(subscriptionId, itemId, dateOf(billed.start))),
    billedBefore: (id) => (before.get(id) ?? 0n) + (imaginedBefore.get(id) ?? 0n) - (unused.get(id) ?? 0n),
  };
}

export function itemsOf(
  { subscription, step }: SubscriptionStep,
  taxes: TaxesOf,
  facts: PriceFacts,
  usage: Usage,
): InvoiceItem[] {
  const prices = facts.pricesOf(subscription);
  const items: InvoiceItem[] = [];
  const ofPlan = subscription.pay_in_advance ? step.plan.advance : step.plan.arrears;
  if (ofPlan)
    items.push({
      kind: 'plan',
      id: subscription.plan_id,
      name: subscription.plan_name,
      amountCents: BigInt(subscription.amount_cents),
      taxes: taxes(),
      ...ofPlan,
    });
  for (const charge of prices.fixedCharges) {
    const span = charge.payInAdvance ? step.fixed.advance : step.fixed.arrears;
    const { id, name, pricing, prorated } = charge;
    if (!span || (!prorated && usage.isPaid(subscription.id, id, span))) continue;
    for (const piece of piecesOf(charge, span, subscription.billing_timezone))
      items.push({ kind: 'fixed_charge', id, name, pricing, prorated, taxes: taxes(), ...piece });
  }
  for (const charge of step.usage ? chargesOf(subscription, facts) : []) {
    const item = chargeItemOf(charge, usage.of(subscription.id, charge.id), step);
    if (item) items.push({ ...item, taxes: taxes(`charge ${charge.id}`) });
  }
  if (prices.commitment && step.committed)
    items.push({
      ...prices.commitment,
      kind: 'commitment',
      taxes: taxes(`commitment ${prices.commitment.id}`),
      billedBeforeCents: usage.billedBefore(subscription.id),
      ...step.committed,
    });
  return items;
}

/** In advance the units that are there when the span begins; in arrears those of each day, or the last ones where days do not count. */
function piecesOf(charge: FixedChargeFacts, { period, billed }: ItemSpan, timezone: string): (ItemSpan & UnitsPiece)[] {
  const { history } = charge;
  if (charge.payInAdvance) return [{ period, billed, units: unitsAt(history, billed.start) }];
  const pieces = unitsPieces(history, billed, timezone);
  const last = pieces.at(-1);
  if (!charge.prorated && last) return [{ period, billed, units: last.units }];
  return pieces.map((piece) => ({ period, ...piece }));
}

/**
 * Usage of the span that ended; or, in advance, what was there at its end: it is there when the next one begins, and is paid for the
 * whole of that.
 */
function chargeItemOf(
  charge: UsageChargeFacts,
  measured: readonly MeasuredUsage[],
  { usage: ended, next }: SubscriptionStep['step'],
): Omit<UsageChargeItem, 'taxes'> | null {
  const base = { kind: 'charge' as const, id: charge.id, name: charge.name };
  if (!charge.payInAdvance)
    return (
      ended && {
        ...base,
        ...ended,
        buckets: measured.map((bucket) => bucketOf(charge, bucket)),
        ...(charge.minimumCents > 0n && { minimumCents: charge.minimumCents }),
      }
    );
  const carried = measured.filter(({ usage }) => usage.units.isPositive());
  if (!next || carried.length === 0) return null;
  const renewed = carried.map((bucket) => ({ ...bucket, usage: { units: bucket.usage.units, eventsCount: 0n } }));
  return { ...base, period: next, billed: next, buckets: renewed.map((bucket) => bucketOf(charge, bucket)) };
}
