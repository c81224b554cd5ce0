import { createHash } from 'node:crypto';
import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import { isoText } from '../../../domain/calendar/local-day.ts';
import { isInvoiced, type PricedSubscription } from '../price-subscriptions.ts';
import { type InvoiceGroup, pricedTogether, togetherWhereWanted } from '../write-invoices.ts';

/** What a run does with one group of boundaries, and the digest by which the same is known again. */
export interface PlannedContent {
  readonly group: InvoiceGroup;
  /** False: its boundary passes without an invoice. */
  readonly isInvoiced: boolean;
  readonly priced: PricedInvoice;
  readonly digest: string;
}

/** Boundaries that were priced together, as invoices; those that make none stand alone. */
export function plannedOf(priced: readonly PricedSubscription[]): PlannedContent[] {
  const groups = togetherWhereWanted(priced.filter(isInvoiced));
  const silent = priced.filter((entry) => !isInvoiced(entry)).map((entry): InvoiceGroup => [entry]);
  return [...groups.map((group) => contentOf(group, true)), ...silent.map((group) => contentOf(group, false))];
}

function contentOf(group: InvoiceGroup, invoiced: boolean): PlannedContent {
  const priced = pricedTogether(group);
  return { group, isInvoiced: invoiced, priced, digest: digestOf(group, priced, invoiced) };
}

/**
 * Everything that the invoice says and that its making changes: who pays whom and when, which time of what it bills, every fee with
 * its derivation (usage, prices, days, taxes), and where each subscription goes on from.
 */
function digestOf(group: InvoiceGroup, priced: PricedInvoice, invoiced: boolean): string {
  const [{ subscription, entity }] = group;
  const span = (of: { start: Parameters<typeof isoText>[0]; end: Parameters<typeof isoText>[0] } | null) =>
    of && [isoText(of.start), isoText(of.end)];
  const said = {
    invoiced,
    customer: subscription.customer_id,
    entity: [entity.id, entity.numbering, entity.timezone, entity.netPaymentTerm, entity.gracePeriodDays, entity.invoicesZero],
    boundaries: group.map(({ subscription: { id, plan_id: planId }, step: { reason, header, next }, end }) => [
      id,
      planId,
      reason,
      span(header),
      span(next),
      end && [isoText(end.at), end.how],
    ]),
    credit: group.map((entry) => entry.subscription.on_termination_credit_note),
    fees: priced.fees.map((fee) => [fee.subscriptionId, fee.type, fee.itemId, fee.name, fee.description, fee.derivation]),
    taxes: priced.taxes,
    totals: [priced.currency, priced.feesAmountCents, priced.discountAmountCents, priced.taxesAmountCents, priced.totalCents],
  };
  const text = JSON.stringify(said, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return createHash('sha256').update(text).digest('hex');
}
