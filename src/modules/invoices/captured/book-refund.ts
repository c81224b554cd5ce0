import { inMajorUnits } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { outline } from '../draft-invoices.ts';
import { InvoiceRow } from '../invoice.entity.ts';
import { bookedRefunds, insertCapturedLines } from './captured-invoice.store.ts';

export interface RefundedCharge {
  readonly chargeId: string;
  /** All that went back so far, in minor units. */
  readonly refundedCents: bigint;
}

/**
 * Books what went back since the last time as a line of its own (B21, B22): negative, or positive when a refund failed and the money came
 * back. Returns the booked difference; zero writes nothing.
 */
export async function bookRefund(tx: Tx, row: InvoiceRow, charge: RefundedCharge, at: Date): Promise<bigint> {
  const amountCents = -charge.refundedCents - (await bookedRefunds(tx, row, charge.chargeId));
  if (amountCents === 0n) return 0n;
  const keptCents = row.totalPaidCents + amountCents;
  const changes = {
    feesAmountCents: row.feesAmountCents + amountCents,
    totalCents: row.totalCents + amountCents,
    totalPaidCents: keptCents > 0n ? keptCents : 0n,
    updatedAt: at,
  };
  const refunded = { ...row, ...changes };
  await tx.update(InvoiceRow, { organizationId: row.organizationId, id: row.id }, changes as object);
  const unitAmount = inMajorUnits(Exact.fromInteger(amountCents), row.currency).toDecimal();
  const line = {
    type: 'refund',
    id: null,
    name: amountCents < 0n ? 'Refund' : 'Refund that failed',
    units: '1',
    unitAmount,
    amountCents,
    taxesRate: '0',
    taxesAmountCents: 0n,
    periodStart: row.periodStart,
    periodEnd: row.periodEnd,
    origin: { charge_id: charge.chargeId },
  } as const;
  await insertCapturedLines(tx, refunded, [line], at);
  await tell(tx, row.organizationId, at, [
    {
      objectType: 'invoice',
      objectId: row.id,
      type: 'refund.processed',
      payload: { ...outline(refunded), charge_id: charge.chargeId, amount_cents: -amountCents },
    },
  ]);
  return amountCents;
}
