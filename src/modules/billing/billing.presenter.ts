import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import { formatMajor } from '../../domain/money/currency.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { BillingRunRow } from './billing-run.entity.ts';
import type { RunErrorRecord } from './billing-runs.store.ts';
import type { PreviewedInvoice } from './preview-invoice.ts';

const iso = (date: Date | null): string | null => date && isoOf(date);

export const presentRun = (row: BillingRunRow, errors: readonly RunErrorRecord[]) => ({
  id: row.id,
  lago_id: row.id,
  trigger: row.trigger.toLowerCase(),
  status: row.status.toLowerCase(),
  scheduled_for: iso(row.scheduledFor),
  as_of: isoOf(row.asOf),
  feature_flags: row.featureFlags,
  found: row.found,
  processed: row.processed,
  successful: row.successful,
  failed: row.failed,
  errors: errors.map((error) => ({
    subscription_id: error.subscription_id,
    code: error.code,
    created_at: isoOf(error.created_at),
  })),
  started_at: isoOf(row.startedAt),
  heartbeat_at: isoOf(row.heartbeatAt),
  finished_at: iso(row.finishedAt),
});

const feesOf = (priced: PricedInvoice) =>
  priced.fees.map((fee) => ({
    item: { type: fee.type, name: fee.name, lago_item_id: fee.itemId },
    units: fee.units,
    events_count: fee.eventsCount,
    precise_unit_amount: fee.unitAmount,
    amount_cents: fee.amountCents,
    amount_currency: priced.currency,
    taxes_rate: jsonNumber(fee.taxesRate),
    taxes_amount_cents: fee.taxesAmountCents,
    total_amount_cents: fee.amountCents + fee.taxesAmountCents,
    from_date: fee.from.toString(),
    to_date: fee.to.toString(),
    derivation: fee.derivation,
  }));

/** An invoice that is not stored: no id, no number. */
export const presentPreview = ({ subscription, step, priced, creditCents }: PreviewedInvoice) => ({
  lago_id: null,
  number: null,
  status: 'preview',
  invoice_type: 'subscription',
  lago_subscription_id: subscription.id,
  currency: priced.currency,
  fees_amount_cents: priced.feesAmountCents,
  taxes_amount_cents: priced.taxesAmountCents,
  sub_total_excluding_taxes_amount_cents: priced.feesAmountCents,
  sub_total_including_taxes_amount_cents: priced.totalCents,
  credit_notes_amount_cents: creditCents,
  total_amount_cents: priced.totalCents - creditCents,
  total: formatMajor(priced.totalCents - creditCents, priced.currency),
  period_start: step.header.start.toString(),
  period_end: step.header.end.toString(),
  timezone: subscription.billing_timezone,
  fees: feesOf(priced),
  applied_taxes: priced.taxes.map((tax) => ({
    lago_tax_id: tax.taxId,
    tax_code: tax.code,
    tax_name: tax.name,
    tax_description: tax.note,
    address_rule: tax.addressRule,
    tax_rate: jsonNumber(tax.rate),
    amount_cents: tax.amountCents,
    amount_currency: priced.currency,
    fees_amount_cents: tax.baseAmountCents,
  })),
});
