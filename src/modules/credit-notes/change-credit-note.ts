import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { UpdateCreditNoteInput } from './credit-note.dto.ts';
import { CreditNoteRow } from './credit-note.entity.ts';
import { findCreditNote } from './credit-notes.queries.ts';
import { outlineOf } from './issue-credit-notes.ts';
import { type Metadata, withMetadata } from './metadata.ts';

/** What may still be changed of a credit note: its remaining credit voided, its refund noted, its metadata. */
@Injectable()
export class ChangeCreditNote {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** What later invoices took stays taken; the rest may be credited again. @throws BillingError credit_note_not_found, not_voidable (nothing is left, or it is a draft) */
  void(organizationId: string, id: string): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      if (row.balanceAmountCents === 0n || row.status === 'DRAFT') throw new BillingError('not_voidable');
      const at = await this.organizationClock.now(organizationId, tx);
      const voided = row.voidedBalanceCents + row.balanceAmountCents;
      const changes = { balanceAmountCents: 0n, voidedBalanceCents: voided, voidedAt: at, updatedAt: at };
      return saveCreditNote(tx, row, changes, 'credit_note.voided');
    });
  }

  /** @throws BillingError credit_note_not_found, not_editable (it refunds nothing), validation_errors */
  update(
    organizationId: string,
    id: string,
    { refund_status: refundStatus, metadata }: UpdateCreditNoteInput,
  ): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      if (refundStatus !== undefined && row.refundStatus === null) throw new BillingError('not_editable');
      const changes = {
        ...(refundStatus !== undefined && { refundStatus }),
        ...(metadata != null && { metadata: withMetadata(row.metadata, metadata) }),
      };
      const at = await this.organizationClock.now(organizationId, tx);
      return saveCreditNote(tx, row, { ...changes, updatedAt: at }, 'credit_note.updated');
    });
  }

  /** What stays as it was is not told. @throws BillingError credit_note_not_found, validation_errors */
  metadata(organizationId: string, id: string, next: (current: Metadata) => Metadata): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findCreditNote(tx, organizationId, id, { forUpdate: true });
      const metadata = next(row.metadata);
      if (isDeepStrictEqual(metadata, row.metadata)) return row;
      const at = await this.organizationClock.now(organizationId, tx);
      return saveCreditNote(tx, row, { metadata, updatedAt: at }, 'credit_note.updated');
    });
  }
}

/** Writes and tells the changes of a locked credit note. */
export async function saveCreditNote(
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
