import type { FeeDerivation } from '../../domain/invoicing/derivation.ts';
import { Exact } from '../../domain/money/exact.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { CreditNoteRow } from './credit-note.entity.ts';

/** An item with its fee. */
export interface CreditNoteItemRecord {
  readonly id: string;
  readonly credit_note_id: string;
  readonly fee_id: string;
  readonly precise_amount_cents: string;
  readonly fee_type: string;
  readonly item_id: string | null;
  readonly name: string;
  readonly amount_cents: string;
  readonly derivation: FeeDerivation;
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

const presentItem = (item: CreditNoteItemRecord, currency: string) => ({
  lago_id: item.id,
  amount_cents: Exact.parse(item.precise_amount_cents).roundToInteger(),
  precise_amount_cents: Exact.parse(item.precise_amount_cents).toDecimal(),
  amount_currency: currency,
  fee: {
    lago_id: item.fee_id,
    amount_cents: BigInt(item.amount_cents),
    amount_currency: currency,
    item: { type: item.fee_type, name: item.name, lago_item_id: item.item_id },
  },
});

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
  items: items.map((item) => presentItem(item, row.currency)),
  voided_at: row.voidedAt && isoOf(row.voidedAt),
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
