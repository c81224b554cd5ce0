import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { CreditNoteRow } from './credit-note.entity.ts';
import { findCreditNote } from './credit-notes.queries.ts';
import { outlineOf } from './issue-credit-notes.ts';

/** What may still be changed of a credit note: its remaining credit voided, its refund noted. */
@Injectable()
export class ChangeCreditNote {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** What later invoices took stays taken. @throws BillingError credit_note_not_found, not_voidable (nothing is left, or it is a draft) */
  void(organizationId: string, id: string): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      if (row.balanceAmountCents === 0n || row.status === 'DRAFT') throw new BillingError('not_voidable');
      const at = await this.organizationClock.now(organizationId, tx);
      return save(tx, row, { balanceAmountCents: 0n, voidedAt: at, updatedAt: at }, 'credit_note.voided');
    });
  }

  /** @throws BillingError credit_note_not_found, not_editable (it refunds nothing) */
  noteRefund(organizationId: string, id: string, refundStatus: CreditNoteRow['refundStatus']): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      if (row.refundAmountCents === 0n) throw new BillingError('not_editable');
      const at = await this.organizationClock.now(organizationId, tx);
      return save(tx, row, { refundStatus, updatedAt: at }, 'credit_note.updated');
    });
  }
}

async function save(
  tx: Tx,
  row: CreditNoteRow,
  changes: Partial<CreditNoteRow> & { updatedAt: Date },
  type: string,
): Promise<CreditNoteRow> {
  const { organizationId, id } = row;
  await tx.update(CreditNoteRow, { organizationId, id }, changes);
  const changed = { ...row, ...changes };
  await tell(tx, organizationId, changes.updatedAt, [
    { objectType: 'credit_note', objectId: id, type, payload: outlineOf(changed) },
  ]);
  return changed;
}
