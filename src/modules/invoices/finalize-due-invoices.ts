import { Inject, Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { DRAFT_REFRESHER, type DraftRefresher } from './draft-refresher.ts';
import { InvoiceRow } from './invoice.entity.ts';
import { EmailInvoice } from './mail/email-invoice.ts';
import { openInvoices } from './open-invoices.ts';

const batchSize = 200;

/** Opens every draft whose hour has come (H1), with the usage known by then; drafts without `scheduled_finalize_at` wait for a person (H2). */
@Injectable()
export class FinalizeDueInvoices {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly emailInvoice: EmailInvoice,
    @Inject(DRAFT_REFRESHER) private readonly drafts: DraftRefresher,
  ) {}

  /**
   * Returns how many were opened. Several finalizers share the work: rows are claimed with SKIP LOCKED. With `mails`, each opened
   * one is sent to its customer once it is committed; a mail that fails is in the log and holds up nothing (H3).
   */
  async execute(organizationId: string, now: Date, { mails }: { mails: boolean }): Promise<number> {
    let finalized = 0;
    for (;;) {
      const batch = await this.unitOfWork.run(async (tx) => {
        const rows = await tx
          .createQueryBuilder(InvoiceRow, 'i')
          .where(`i.organizationId = :organizationId and i.status = 'DRAFT' and i.scheduledFinalizeAt <= :now`, {
            organizationId,
            now,
          })
          .orderBy('i.scheduledFinalizeAt')
          .addOrderBy('i.series')
          .addOrderBy('i.sequentialId')
          .limit(batchSize)
          .setLock('pessimistic_write')
          .setOnLocked('skip_locked')
          .getMany();
        return openInvoices(tx, organizationId, await this.drafts.refresh(tx, organizationId, rows, now), now);
      });
      if (mails) await this.emailInvoice.sendAll(batch);
      finalized += batch.length;
      if (batch.length < batchSize) return finalized;
    }
  }
}
