import { BillingError } from '../../domain/errors/billing-error.ts';
import type { ErrorCode } from '../../domain/errors/error-codes.ts';
import { type DocumentStatus, mayBecome } from '../../domain/lifecycles/invoice.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { returnCredits } from '../credit-notes/index.ts';
import { outline } from './draft-invoices.ts';
import { InvoiceRow } from './invoice.entity.ts';
import { payableOf } from './payable.ts';
import { openInvoices } from './open-invoices.ts';

export interface InvoiceMove {
  readonly to: Exclude<DocumentStatus, 'DRAFT'>;
  readonly at: Date;
  /** When it happened, where that is not now. */
  readonly happenedAt?: Date;
  readonly note?: string;
  readonly paymentMethod?: string;
  readonly paymentReference?: string;
  /** What came of it, where that is not all that was due. */
  readonly paidCents?: bigint;
}

const refusalOf: Readonly<Record<InvoiceMove['to'], ErrorCode>> = {
  OPEN: 'not_finalizable',
  PAID: 'not_payable',
  VOID: 'not_voidable',
  UNCOLLECTIBLE: 'transition_not_allowed',
};

const eventOf: Readonly<Record<Exclude<InvoiceMove['to'], 'OPEN'>, string>> = {
  PAID: 'invoice.paid',
  VOID: 'invoice.voided',
  UNCOLLECTIBLE: 'invoice.marked_uncollectible',
};

const atLeastZero = (cents: bigint): bigint => (cents > 0n ? cents : 0n);

/**
 * Takes a locked invoice to its next state. A voided one gives its periods free, so that they can be billed
 * again, and the credit it took back.
 * @throws BillingError not_finalizable, not_payable, not_voidable, transition_not_allowed
 */
export async function moveInvoice(tx: Tx, row: InvoiceRow, move: InvoiceMove): Promise<InvoiceRow> {
  const { to, at, happenedAt = move.at } = move;
  if (!mayBecome(row.status, to)) throw new BillingError(refusalOf[to]);
  const note =
    move.note === undefined
      ? {}
      : {
          status_change_note: move.note,
          status_change_timestamp: at.toISOString(),
          previous_status: row.status.toLowerCase(),
        };
  if (to === 'OPEN') {
    const [opened] = await openInvoices(tx, row.organizationId, [row], at, { note, finalizedAt: happenedAt });
    return opened ?? row;
  }
  const changes: Partial<InvoiceRow> = {
    status: to,
    updatedAt: at,
    metadata: { ...row.metadata, ...note },
    ...(to === 'VOID' ? { voidedAt: happenedAt } : {}),
    ...(to === 'PAID'
      ? {
          paidAt: happenedAt,
          totalPaidCents: move.paidCents ?? atLeastZero(payableOf(row)),
          paymentMethod: move.paymentMethod ?? 'manual',
          paymentReference: move.paymentReference ?? null,
        }
      : {}),
  };
  await tx.update(InvoiceRow, { organizationId: row.organizationId, id: row.id }, changes as object);
  if (to === 'VOID') {
    for (const table of ['billed_periods', 'invoice_subscriptions'])
      await tx.query(`update ${table} set voided = true where organization_id = $1 and invoice_id = $2`, [
        row.organizationId,
        row.id,
      ]);
    await returnCredits(tx, row.organizationId, row.id, at);
  }
  const moved = { ...row, ...changes };
  await tell(tx, row.organizationId, at, [
    { objectType: 'invoice', objectId: row.id, type: eventOf[to], payload: outline(moved) },
  ]);
  return moved;
}
