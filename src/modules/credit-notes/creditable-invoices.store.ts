import type { FeeDerivation } from '../../domain/invoicing/derivation.ts';
import type { CreditedFee, InvoiceToCredit } from '../../domain/invoicing/credit-note.ts';
import { Exact } from '../../domain/money/exact.ts';
import type { Query } from '../../platform/database/sql.ts';

/** A fee of an invoice with what earlier credit notes gave back of it. int8 and numeric are text. */
export interface CreditableFee {
  readonly id: string;
  readonly invoice_id: string;
  readonly subscription_id: string | null;
  readonly fee_type: string;
  readonly item_id: string | null;
  readonly amount_cents: string;
  readonly period_start: Date | null;
  readonly period_end: Date | null;
  /** From when on a pause gave it back. */
  readonly given_back_from: Date | null;
  readonly derivation: FeeDerivation;
  /** Whether a shorter time costs less. */
  readonly is_prorated: boolean;
  readonly credited_cents: string;
}

export interface CreditableInvoice {
  readonly id: string;
  readonly invoice_number: string;
  readonly status: 'DRAFT' | 'OPEN' | 'PAID' | 'VOID' | 'UNCOLLECTIBLE';
  readonly customer_id: string;
  readonly billing_entity_id: string;
  readonly currency: string;
  readonly timezone: string;
  readonly fees_amount_cents: string;
  readonly discount_amount_cents: string;
  readonly taxes_amount_cents: string;
  readonly total_cents: string;
  readonly total_paid_cents: string;
  readonly offset_amount_cents: string;
  readonly provider_balance_cents: string;
  readonly notes: number;
  readonly credited_sub_total_cents: string;
  readonly credited_taxes_cents: string;
  readonly refunded_cents: string;
  readonly fees: readonly CreditableFee[];
}

/** What of a note was voided before anybody took it is left of its invoice again, of each of its items the same share. */
const voidedShare = `coalesce(c.voided_balance_cents::numeric / nullif(c.total_amount_cents, 0), 0)`;

const selectInvoices = `
  select i.id, i.invoice_number, i.status, i.customer_id, i.billing_entity_id, i.currency, i.timezone, i.fees_amount_cents, i.discount_amount_cents,
    i.taxes_amount_cents, i.total_cents, i.total_paid_cents, i.offset_amount_cents, i.provider_balance_cents, n.notes, n.credited_sub_total_cents, n.credited_taxes_cents, n.refunded_cents,
    (select jsonb_agg(jsonb_build_object('id', f.id, 'invoice_id', f.invoice_id, 'subscription_id', f.subscription_id, 'fee_type', f.fee_type,
        'item_id', f.item_id, 'amount_cents', f.amount_cents::text, 'period_start', f.period_start, 'period_end', f.period_end,
        'given_back_from', p.given_back_from,
        'derivation', f.derivation, 'is_prorated', f.fee_type = 'subscription' or coalesce(x.prorated, false),
        'credited_cents', coalesce(g.credited, 0)::text) order by f.id)
      from fees f
      left join billed_periods p on p.organization_id = f.organization_id and p.invoice_id = f.invoice_id
        and p.subscription_id = f.subscription_id and p.item_id = f.item_id and p.period = tstzrange(f.period_start, f.period_end)
      left join fixed_charges x on f.fee_type = 'fixed_charge' and x.organization_id = f.organization_id and x.id = f.item_id
      left join lateral (
        select sum(round(t.precise_amount_cents * (1 - ${voidedShare}), 5)) as credited from credit_note_items t
        join credit_notes c on c.organization_id = t.organization_id and c.id = t.credit_note_id
        where t.organization_id = f.organization_id and t.fee_id = f.id) g on true
      where f.organization_id = i.organization_id and f.invoice_id = i.id) as fees
  from invoices i
  cross join lateral (
    select count(*)::int as notes, coalesce(sum(c.sub_total_amount_cents - v.sub_total), 0)::bigint as credited_sub_total_cents,
      coalesce(sum(c.taxes_amount_cents - (c.voided_balance_cents - v.sub_total)), 0)::bigint as credited_taxes_cents,
      coalesce(sum(c.refund_amount_cents + c.refunded_balance_cents), 0)::bigint as refunded_cents
    from credit_notes c cross join lateral (select round(c.sub_total_amount_cents * ${voidedShare}) as sub_total) v where c.organization_id = i.organization_id and c.invoice_id = i.id) n`;

const isNamed = 'i.organization_id = $1 and i.id = $2';
/** Invoices on which these subscriptions paid for a time beyond the given instants. */
const isPaidBeyond = `i.organization_id = $1 and i.status <> 'VOID' and i.id in (
      select b.invoice_id from unnest($2::uuid[], $3::timestamptz[]) as e(subscription_id, at)
      join billed_periods b on b.organization_id = $1 and b.subscription_id = e.subscription_id and not b.voided
        and b.period && tstzrange(e.at, null)
      union all
      select f.invoice_id from unnest($2::uuid[], $3::timestamptz[]) as e(subscription_id, at)
      join fees f on f.organization_id = $1 and f.subscription_id = e.subscription_id and f.fee_type = 'fixed_charge'
        and f.event_transaction_id is not null and f.period_end > e.at)`;

const readOne = { name: 'credit_notes.invoice', text: `${selectInvoices} where ${isNamed}` };
const readBeyond = { name: 'credit_notes.paid_beyond', text: `${selectInvoices} where ${isPaidBeyond} order by i.id` };

/**
 * Before reading, in a statement of its own: one that waits for a lock goes on with what it counted before it waited, and would know
 * nothing of the credit notes that it waited for.
 */
const lockOne = { name: 'credit_notes.lock_invoice', text: `select i.id from invoices i where ${isNamed} for update` };
const lockBeyond = {
  name: 'credit_notes.lock_paid_beyond',
  text: `select i.id from invoices i where ${isPaidBeyond} order by i.id for update`,
};

interface Locking {
  /** False: only to look ahead. */
  readonly locks?: boolean;
}

type Stored = Omit<CreditableInvoice, 'fees'> & { readonly fees: readonly CreditableFee[] | null };

const withDates = (row: Stored): CreditableInvoice => ({
  ...row,
  fees: (row.fees ?? []).map((fee) => ({
    ...fee,
    period_start: fee.period_start && new Date(fee.period_start),
    period_end: fee.period_end && new Date(fee.period_end),
    given_back_from: fee.given_back_from && new Date(fee.given_back_from),
  })),
});

/** One invoice, locked unless told otherwise. */
export async function readCreditableInvoice(
  query: Query,
  organizationId: string,
  invoiceId: string,
  { locks = true }: Locking = {},
): Promise<CreditableInvoice | undefined> {
  if (locks) await query(lockOne, [organizationId, invoiceId]);
  const [row] = await query<Stored>(readOne, [organizationId, invoiceId]);
  return row && withDates(row);
}

export async function readPaidBeyond(
  query: Query,
  organizationId: string,
  ends: readonly { readonly subscriptionId: string; readonly at: Date }[],
  { locks = true }: Locking = {},
): Promise<CreditableInvoice[]> {
  const values = [organizationId, ends.map((end) => end.subscriptionId), ends.map((end) => end.at)];
  if (locks) await query(lockBeyond, values);
  return (await query<Stored>(readBeyond, values)).map(withDates);
}

/** The invoice as `decideCreditNote` reads it; what is not named is not credited. */
export const toCredit = (invoice: CreditableInvoice, credits: ReadonlyMap<string, Exact>): InvoiceToCredit => ({
  subTotalCents: BigInt(invoice.fees_amount_cents) - BigInt(invoice.discount_amount_cents),
  taxesCents: BigInt(invoice.taxes_amount_cents),
  creditedSubTotalCents: BigInt(invoice.credited_sub_total_cents),
  creditedTaxesCents: BigInt(invoice.credited_taxes_cents),
  fees: invoice.fees.map((fee): CreditedFee => ({
    feeId: fee.id,
    amountCents: BigInt(fee.amount_cents),
    discountCents: Exact.parse(fee.derivation.discount_cents ?? '0'),
    taxes: fee.derivation.taxes,
    creditedCents: Exact.parse(fee.credited_cents),
    creditCents: credits.get(fee.id) ?? Exact.zero,
  })),
});
