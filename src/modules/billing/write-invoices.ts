import { localDateOf } from '../../domain/calendar/local-day.ts';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import { priceTogether } from '../../domain/invoicing/price-items.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { queryIn } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { type DraftToWrite, draftInvoices, type InvoiceRow } from '../invoices/index.ts';
import type { Run } from './billing-runs.store.ts';
import { creditUnusedTime } from './credit-unused-time.ts';
import { advancePeriods } from './due-subscriptions.store.ts';
import type { DueSubscription } from './subscription-to-price.ts';
import type { PricedSubscription } from './price-subscriptions.ts';
import { storable } from './storable.ts';

export interface BilledInvoice {
  readonly invoice: InvoiceRow;
  readonly customerName: string;
  /** How many subscriptions it bills. */
  readonly subscriptions: number;
}

/** What fails together: all that is due of a customer whose invoices are consolidated, else one subscription. */
export function unitsOf(due: readonly DueSubscription[]): readonly DueSubscription[][] {
  const units = new Map<string, DueSubscription[]>();
  for (const row of due) {
    const key = row.consolidate_invoices ? row.customer_id : row.id;
    const unit = units.get(key);
    if (unit) unit.push(row);
    else units.set(key, [row]);
  }
  return [...units.values()];
}

/** What one invoice bills; all have one customer, billing entity and currency. */
export type InvoiceGroup = readonly [PricedSubscription, ...PricedSubscription[]];

/** The local day that is billed; a run that comes late makes an invoice for each. */
const dayOf = ({ subscription, entity }: PricedSubscription): string =>
  localDateOf(instantOf(subscription.current_period_end), entity.timezone).toString();

/** Of what is due at once, what its oldest day has: the invoice that is made first. */
export function ofOldestDay(priced: readonly PricedSubscription[]): PricedSubscription[] {
  const oldest = priced.map(dayOf).toSorted()[0];
  return priced.filter((entry) => dayOf(entry) === oldest);
}

/**
 * Where the customer wants it, one invoice for all that an entity bills of one local day on the same terms; otherwise one for each
 * subscription. So a run never meets a mixed invoice, and never fails for one (I19).
 */
export function togetherWhereWanted(priced: readonly PricedSubscription[]): InvoiceGroup[] {
  const groups = new Map<string, [PricedSubscription, ...PricedSubscription[]]>();
  for (const entry of priced) {
    const { subscription, entity } = entry;
    const key = subscription.consolidate_invoices
      ? [
          subscription.customer_id,
          entity.id,
          subscription.amount_currency,
          entity.netPaymentTerm,
          entity.gracePeriodDays,
          dayOf(entry),
        ].join(' ')
      : subscription.id;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups.values()];
}

/** What a group comes to on its one invoice. */
export const pricedTogether = (group: InvoiceGroup): PricedInvoice =>
  group.length === 1 ? group[0].priced : storable(priceTogether(group.flatMap(({ parts }) => parts)));

/** Moves on the periods of all that was priced and drafts an invoice for each group; the caller's transaction holds the subscriptions. */
export async function writeInvoices(
  tx: Tx,
  run: Run,
  priced: readonly PricedSubscription[],
  groups: readonly InvoiceGroup[],
): Promise<BilledInvoice[]> {
  const { organizationId, asOf } = run;
  const due = priced.filter(({ isRunning }) => !isRunning);
  await advancePeriods(queryIn(tx), organizationId, asOf, due.map(advanceOf));
  await creditUnusedTime(tx, organizationId, priced, asOf);
  // Drawing numbers locks counters that other workers need, until the commit: as little as possible comes after it.
  const drafts = groups.map((group) => draftOf(group, run.id));
  const invoices = await draftInvoices(tx, organizationId, drafts, asOf);
  return invoices.map((invoice, position) => ({
    invoice,
    customerName: groups[position]?.[0].subscription.customer_name ?? '',
    subscriptions: groups[position]?.length ?? 0,
  }));
}

/** @param billingRunId null: nobody's run makes it */
export function draftOf(group: InvoiceGroup, billingRunId: string | null): DraftToWrite {
  const [{ subscription, entity }] = group;
  const spans = group.map(({ subscription: row, step: { reason, header } }) => ({
    subscriptionId: row.id,
    invoicingReason: reason,
    periodStart: dateOf(header.start),
    periodEnd: dateOf(header.end),
    currentPeriod: { start: row.current_period_start, end: row.current_period_end },
  }));
  const reasons = new Set(spans.map((span) => span.invoicingReason));
  return {
    entity,
    customerId: subscription.customer_id,
    customerNumber: BigInt(subscription.customer_number),
    subscriptionId: group.length === 1 ? subscription.id : null,
    billingRunId,
    invoicingReason: reasons.size === 1 ? (spans[0]?.invoicingReason ?? null) : 'PERIODIC',
    periodStart: new Date(Math.min(...spans.map((span) => span.periodStart.getTime()))),
    periodEnd: new Date(Math.max(...spans.map((span) => span.periodEnd.getTime()))),
    spans,
    isOfTrial: group.every(isTrialWithoutUsage),
    priced: pricedTogether(group),
  };
}

/** In one with usage a late event may still cost something. */
const isTrialWithoutUsage = ({ subscription, isMetered }: PricedSubscription): boolean =>
  !isMetered && subscription.trial_ends_at !== null && subscription.current_period_end < subscription.trial_ends_at;

/** The guard: one invoice has one seller and one currency. @throws BillingError subscription_not_billable, validation_errors */
export function oneInvoiceOf(priced: readonly PricedSubscription[]): InvoiceGroup {
  const [first, ...others] = priced;
  if (!first) throw new BillingError('subscription_not_billable', { subscriptions: ['nothing_due'] });
  if (others.some(({ entity }) => entity.id !== first.entity.id)) throw invalid({ billing_entity: ['mixed_billing_entities'] });
  if (others.some(({ priced: { currency } }) => currency !== first.priced.currency))
    throw invalid({ currency: ['currencies_does_not_match'] });
  return [first, ...others];
}

const advanceOf = ({ subscription, step: { next } }: PricedSubscription) => ({
  id: subscription.id,
  next: next && { start: dateOf(next.start), end: dateOf(next.end) },
});
