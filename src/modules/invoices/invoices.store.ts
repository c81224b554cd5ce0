import type { InvoicingReason } from '../../domain/lifecycles/billing-step.ts';
import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { InvoiceRow } from './invoice.entity.ts';

/** A subscription's place on an invoice. */
export interface BilledSpan {
  readonly subscriptionId: string;
  readonly invoicingReason: InvoicingReason;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  /** The subscription's period that ends at this boundary. */
  readonly currentPeriod: { readonly start: Date; readonly end: Date };
}

interface DraftWithPrice {
  readonly row: InvoiceRow;
  readonly priced: PricedInvoice;
  readonly spans: readonly BilledSpan[];
  /** Of the event whose fees these are: the event covers them, not their period. */
  readonly eventTransactionId: string | null;
}

/** What fees hang on: an invoice, or only the subscription. */
export interface FeesToWrite extends Pick<DraftWithPrice, 'priced' | 'eventTransactionId'> {
  readonly row: Pick<InvoiceRow, 'billingEntityId' | 'currency' | 'subscriptionId'> & { readonly id: string | null };
}

const insertInvoices = {
  name: 'invoices.insert_drafts',
  text: `insert into invoices (organization_id, source, invoice_type, created_at, updated_at, id, billing_entity_id, customer_id,
      subscription_id, billing_run_id, invoice_number, series, sequential_id, currency, fees_amount_cents, taxes_amount_cents, total_cents,
      period_start, period_end, timezone, issuing_date, payment_due_date, net_payment_term, scheduled_finalize_at, invoicing_reason, status)
    select $1, $22, $23, $2, $2, r.* from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[],
      $9::text[], $10::int8[], $11::text[], $12::int8[], $13::int8[], $14::int8[], $15::timestamptz[], $16::timestamptz[], $17::text[],
      $18::date[], $19::date[], $20::int4[], $21::timestamptz[], $24::text[], $25::text[]) as r`,
};

/** Each fee covers its period, those of one charge together once; the exclusion constraint on `billed_periods` is what makes billing a period twice impossible. */
const insertFees = {
  name: 'fees.insert',
  text: `with written as (
      insert into fees (organization_id, created_at, id, invoice_id, billing_entity_id, currency, subscription_id, fee_type, item_id, name, units,
        events_count, unit_amount, amount_cents, taxes_rate, taxes_amount_cents, period_start, period_end, derivation, description, pay_in_advance, event_transaction_id)
      select $1, $2, r.* from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::uuid[], $10::text[], $11::numeric[],
        $12::int8[], $13::numeric[], $14::int8[], $15::numeric[], $16::int8[], $17::timestamptz[], $18::timestamptz[], $19::jsonb[], $20::text[],
        $21::boolean[], $22::text[]) as r
      returning organization_id, invoice_id, subscription_id, item_id, period_start, period_end, event_transaction_id
    )
    insert into billed_periods (organization_id, invoice_id, subscription_id, item_id, period)
    select distinct organization_id, invoice_id, subscription_id, item_id, tstzrange(period_start, period_end) from written
    where subscription_id is not null and event_transaction_id is null`,
};

/** Of a draft that is made again: what was given back of it stays so. */
const insertFeesAgain = {
  name: 'fees.insert_again',
  text: `${insertFees.text} on conflict (organization_id, invoice_id, subscription_id, item_id, period) do nothing`,
};

const giveBack = {
  name: 'billed_periods.give_back',
  text: `update billed_periods b set given_back_from = r.given_back_from
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
      as r (invoice_id, subscription_id, item_id, starts_at, given_back_from)
    where b.organization_id = $1 and b.invoice_id = r.invoice_id and b.subscription_id = r.subscription_id and b.item_id = r.item_id
      and lower(b.period) = r.starts_at and upper(b.period) > r.given_back_from and b.given_back_from is null`,
};

/** What was billed of an item from `startsAt` on. */
export interface PeriodGivenBack {
  readonly invoiceId: string;
  readonly subscriptionId: string;
  readonly itemId: string;
  readonly startsAt: Date;
  readonly givenBackFrom: Date;
}

/** From then on these periods can be billed again. */
export const giveBackPeriods = (tx: Tx, organizationId: string, periods: readonly PeriodGivenBack[]): Promise<unknown> =>
  runStatement(tx, giveBack, [
    organizationId,
    periods.map((period) => period.invoiceId),
    periods.map((period) => period.subscriptionId),
    periods.map((period) => period.itemId),
    periods.map((period) => period.startsAt),
    periods.map((period) => period.givenBackFrom),
  ]);

const insertSpans = {
  name: 'invoice_subscriptions.insert',
  text: `insert into invoice_subscriptions (organization_id, invoice_id, subscription_id, invoicing_reason, period_start, period_end,
      current_period_start, current_period_end)
    select $1, r.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[]) as r`,
};

const insertTaxes = {
  name: 'invoice_taxes.insert',
  text: `insert into invoice_taxes (organization_id, invoice_id, tax_id, tax_code, tax_name, tax_rate, fees_amount_cents, amount_cents,
      address_rule, note)
    select $1, r.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::numeric[], $7::int8[], $8::int8[], $9::text[], $10::text[]) as r`,
};

/** Drafts of one kind. Header first, then its fees in one statement: the trigger on fees compares their sum with the header. */
export async function insertDrafts(tx: Tx, organizationId: string, drafts: readonly DraftWithPrice[], at: Date): Promise<void> {
  const rows = drafts.map((draft) => draft.row);
  const column = <K extends keyof InvoiceRow>(name: K): InvoiceRow[K][] => rows.map((row) => row[name]);
  await runStatement(tx, insertInvoices, [
    organizationId,
    at,
    column('id'),
    column('billingEntityId'),
    column('customerId'),
    column('subscriptionId'),
    column('billingRunId'),
    column('invoiceNumber'),
    column('series'),
    column('sequentialId'),
    column('currency'),
    column('feesAmountCents'),
    column('taxesAmountCents'),
    column('totalCents'),
    column('periodStart'),
    column('periodEnd'),
    column('timezone'),
    column('issuingDate'),
    column('paymentDueDate'),
    column('netPaymentTerm'),
    column('scheduledFinalizeAt'),
    rows[0]?.source,
    rows[0]?.invoiceType,
    column('invoicingReason'),
    column('status'),
  ]);
  const spans = drafts.flatMap((draft) => draft.spans.map((span) => ({ ...span, invoiceId: draft.row.id })));
  if (spans.length > 0)
    await runStatement(tx, insertSpans, [
      organizationId,
      spans.map((span) => span.invoiceId),
      spans.map((span) => span.subscriptionId),
      spans.map((span) => span.invoicingReason),
      spans.map((span) => span.periodStart),
      spans.map((span) => span.periodEnd),
      spans.map((span) => span.currentPeriod.start),
      spans.map((span) => span.currentPeriod.end),
    ]);
  await insertLines(tx, organizationId, drafts, at);
}

/** Fees, tax lines and billed periods of headers that stand, or fees without an invoice. */
export async function insertLines(
  tx: Tx,
  organizationId: string,
  drafts: readonly FeesToWrite[],
  at: Date,
  { again = false }: { again?: boolean } = {},
): Promise<void> {
  const lines = drafts.flatMap(({ row, priced, eventTransactionId }) =>
    priced.fees.map((fee) => ({ row, fee, eventTransactionId, subscriptionId: fee.subscriptionId ?? row.subscriptionId })),
  );
  await runStatement(tx, again ? insertFeesAgain : insertFees, [
    organizationId,
    at,
    lines.map(() => newId()),
    lines.map(({ row }) => row.id),
    lines.map(({ row }) => row.billingEntityId),
    lines.map(({ row }) => row.currency),
    lines.map(({ subscriptionId }) => subscriptionId),
    lines.map(({ fee }) => fee.type),
    lines.map(({ fee }) => fee.itemId),
    lines.map(({ fee }) => fee.name),
    lines.map(({ fee }) => fee.units),
    lines.map(({ fee }) => fee.eventsCount),
    lines.map(({ fee }) => fee.unitAmount),
    lines.map(({ fee }) => fee.amountCents),
    lines.map(({ fee }) => fee.taxesRate),
    lines.map(({ fee }) => fee.taxesAmountCents),
    lines.map(({ fee }) => dateOf(fee.from)),
    lines.map(({ fee }) => dateOf(fee.to)),
    lines.map(({ fee }) => JSON.stringify(fee.derivation)),
    lines.map(({ fee }) => fee.description),
    lines.map(({ eventTransactionId }) => eventTransactionId !== null),
    lines.map(({ eventTransactionId }) => eventTransactionId),
  ]);
  const taxes = drafts.flatMap(({ row, priced }) => (row.id === null ? [] : priced.taxes.map((tax) => ({ row, tax }))));
  if (taxes.length > 0)
    await runStatement(tx, insertTaxes, [
      organizationId,
      taxes.map(({ row }) => row.id),
      taxes.map(({ tax }) => tax.taxId),
      taxes.map(({ tax }) => tax.code),
      taxes.map(({ tax }) => tax.name),
      taxes.map(({ tax }) => tax.rate),
      taxes.map(({ tax }) => tax.baseAmountCents),
      taxes.map(({ tax }) => tax.amountCents),
      taxes.map(({ tax }) => tax.addressRule),
      taxes.map(({ tax }) => tax.note),
    ]);
}
