import type { FeeDerivation } from '../../domain/invoicing/derivation.ts';
import { Exact } from '../../domain/money/exact.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { BilledItem } from '../plans/index.ts';
import type { CreditNoteRow } from './credit-note.entity.ts';

/** An item with its fee, of an invoice in this state. */
export interface CreditNoteItemRecord {
  readonly id: string;
  readonly credit_note_id: string;
  readonly precise_amount_cents: string;
  readonly fee_id: string;
  readonly fee_type: string;
  readonly itemId: string | null;
  readonly subscriptionId: string | null;
  readonly name: string;
  readonly units: string;
  readonly events_count: string;
  readonly unit_amount: string;
  readonly amount_cents: string;
  readonly taxes_amount_cents: string;
  readonly taxes_rate: string;
  readonly pay_in_advance: boolean;
  readonly derivation: FeeDerivation;
  readonly invoice_status: string;
}

export interface CreditNoteNames {
  readonly id: string;
  readonly invoice_number: string;
  readonly entity_code: string;
}

const creditStatusOf = ({ creditAmountCents, balanceAmountCents, voidedAt }: CreditNoteRow) => {
  if (voidedAt) return 'voided';
  if (creditAmountCents === 0n) return null;
  return balanceAmountCents > 0n ? 'available' : 'consumed';
};

const decimal = (text: string): string => Exact.parse(text).toDecimal();

const presentItem = (item: CreditNoteItemRecord, row: CreditNoteRow, billed: BilledItem | undefined) => ({
  lago_id: item.id,
  amount_cents: Exact.parse(item.precise_amount_cents).roundToInteger(),
  precise_amount_cents: decimal(item.precise_amount_cents),
  amount_currency: row.currency,
  fee: presentFee(item, row, billed),
});

/** The fee that is credited, as far as the note needs it; the invoice shows how it came about. */
function presentFee(fee: CreditNoteItemRecord, { currency, invoiceId }: CreditNoteRow, billed: BilledItem | undefined) {
  const [amount, taxes] = [BigInt(fee.amount_cents), BigInt(fee.taxes_amount_cents)];
  const discount = Exact.parse(fee.derivation.discount_cents ?? '0');
  return {
    lago_id: fee.fee_id,
    lago_invoice_id: invoiceId,
    lago_subscription_id: fee.subscriptionId,
    item: {
      type: fee.fee_type,
      code: billed?.code ?? null,
      name: fee.name,
      lago_item_id: billed?.id ?? fee.itemId,
      item_type: billed?.type ?? null,
    },
    pay_in_advance: fee.pay_in_advance,
    invoiceable: true,
    payment_status: fee.invoice_status === 'PAID' ? 'succeeded' : fee.invoice_status === 'UNCOLLECTIBLE' ? 'failed' : 'pending',
    units: decimal(fee.units),
    total_aggregated_units: fee.derivation.evidence?.aggregated ?? decimal(fee.units),
    events_count: BigInt(fee.events_count),
    precise_unit_amount: decimal(fee.unit_amount),
    amount_cents: amount,
    amount_currency: currency,
    sub_total_excluding_taxes_amount_cents: Exact.fromInteger(amount).minus(discount).roundToInteger(),
    sub_total_excluding_taxes_precise_amount_cents: Exact.parse(fee.derivation.precise_amount_cents).minus(discount).toDecimal(),
    taxes_amount_cents: taxes,
    taxes_rate: jsonNumber(decimal(fee.taxes_rate)),
    total_amount_cents: amount + taxes,
    total_amount_currency: currency,
  };
}

/** The weighted rate, five decimals, as Lago. */
const taxesRateOf = ({ subTotalAmountCents, taxesAmountCents }: CreditNoteRow): string =>
  subTotalAmountCents === 0n
    ? '0'
    : Exact.ratio(taxesAmountCents * 100n, subTotalAmountCents)
        .rounded('round', 5)
        .toDecimal();

export const presentCreditNote = (
  row: CreditNoteRow,
  names: CreditNoteNames | undefined,
  items: readonly CreditNoteItemRecord[],
  billedOf: (item: CreditNoteItemRecord) => BilledItem | undefined,
) => ({
  id: row.id,
  lago_id: row.id,
  billing_entity_code: names?.entity_code ?? null,
  sequential_id: row.sequentialId,
  number: row.number,
  lago_invoice_id: row.invoiceId,
  invoice_number: names?.invoice_number ?? null,
  lago_customer_id: row.customerId,
  issuing_date: row.issuingDate,
  status: row.status.toLowerCase(),
  credit_status: creditStatusOf(row),
  refund_status: row.refundStatus,
  reason: row.reason,
  description: row.description,
  currency: row.currency,
  total_amount_cents: row.totalAmountCents,
  taxes_amount_cents: row.taxesAmountCents,
  taxes_rate: jsonNumber(taxesRateOf(row)),
  sub_total_excluding_taxes_amount_cents: row.subTotalAmountCents,
  balance_amount_cents: row.balanceAmountCents,
  credit_amount_cents: row.creditAmountCents,
  refund_amount_cents: row.refundAmountCents,
  refunded_balance_cents: row.refundedBalanceCents,
  voided_balance_cents: row.voidedBalanceCents,
  offset_amount_cents: row.offsetAmountCents,
  coupons_adjustment_amount_cents: 0,
  self_billed: false,
  file_url: null,
  metadata: row.metadata,
  items: items.map((item) => presentItem(item, row, billedOf(item))),
  voided_at: row.voidedAt && isoOf(row.voidedAt),
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
