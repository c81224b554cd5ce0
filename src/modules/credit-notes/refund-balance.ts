import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { queryIn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { saveCreditNote } from './change-credit-note.ts';
import { readCreditableInvoice } from './creditable-invoices.store.ts';
import type { CreditNoteRow } from './credit-note.entity.ts';
import { findCreditNote } from './credit-notes.queries.ts';

/** Pays out credit that no invoice took: of somebody who left, or who moved to another billing entity. The payment itself is made elsewhere. */
@Injectable()
export class RefundBalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /**
   * `amountCents` of the note's balance, in minor units; null: all of it. No more than was paid of the note's invoice goes back.
   * @throws BillingError credit_note_not_found, invalid_type_or_status (a draft), validation_errors (more than is left, or than was paid)
   */
  execute(organizationId: string, id: string, amountCents: bigint | null): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      // The invoice before its notes, as everybody locks them.
      const { invoiceId } = await findCreditNote(tx, organizationId, id);
      const invoice = await readCreditableInvoice(queryIn(tx), organizationId, invoiceId);
      if (!invoice) throw new Error(`credit note ${id} lost its invoice`);
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      if (row.status === 'DRAFT') throw new BillingError('invalid_type_or_status');
      const cents = amountCents ?? row.balanceAmountCents;
      const paidCents = BigInt(invoice.total_paid_cents) - BigInt(invoice.refunded_cents);
      if (cents <= 0n || cents > row.balanceAmountCents)
        throw invalid({ refund_amount_cents: ['higher_than_remaining_balance'] });
      if (cents > paidCents) throw invalid({ refund_amount_cents: ['higher_than_remaining_invoice_amount'] });
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = {
        balanceAmountCents: row.balanceAmountCents - cents,
        refundedBalanceCents: row.refundedBalanceCents + cents,
        refundStatus: 'pending' as const,
        updatedAt: at,
      };
      return saveCreditNote(tx, row, changes, 'credit_note.updated');
    });
  }
}
