import type { PlannedInvoiceRecord } from './planned-invoices.store.ts';

/** One line of a dry run. A boundary that passes without an invoice has `invoiced: false`. */
export function presentPlannedInvoice(record: PlannedInvoiceRecord) {
  const { content, previous_total_cents: previous } = record;
  return {
    position: record.position,
    invoiced: record.is_invoiced,
    lago_customer_id: record.customer_id,
    external_customer_id: record.external_customer_id,
    customer_name: record.customer_name,
    billing_entity_code: record.billing_entity_code,
    subscriptions: content.boundaries.map((boundary, i) => ({
      lago_id: boundary.subscription_id,
      external_id: record.external_subscription_ids[i] ?? null,
      invoicing_reason: `subscription_${boundary.invoicing_reason.toLowerCase()}`,
      period_start: boundary.period_start,
      period_end: boundary.period_end,
    })),
    currency: record.currency,
    fees: content.fees.map((fee) => ({
      type: fee.type,
      name: fee.name,
      units: fee.units,
      amount_cents: BigInt(fee.amount_cents),
      taxes_amount_cents: BigInt(fee.taxes_amount_cents),
    })),
    fees_amount_cents: BigInt(record.fees_amount_cents),
    taxes_amount_cents: BigInt(record.taxes_amount_cents),
    total_amount_cents: BigInt(record.total_cents),
    previous_total_amount_cents: previous === null ? null : BigInt(previous),
    difference_amount_cents: previous === null ? null : BigInt(record.total_cents) - BigInt(previous),
    digest: record.digest,
    lago_invoice_id: record.invoice_id,
  };
}
