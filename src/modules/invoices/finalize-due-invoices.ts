import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { InvoiceRow } from './invoice.entity.ts';
import { moveInvoice } from './move-invoice.ts';

const batchSize = 200;

/** Opens every draft whose hour has come (H1); drafts without `scheduled_finalize_at` wait for a person (H2). */
@Injectable()
export class FinalizeDueInvoices {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns how many were opened. Several finalizers share the work: rows are claimed with SKIP LOCKED. */
  async execute(organizationId: string, now: Date): Promise<number> {
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
        for (const row of rows) await moveInvoice(tx, row, { to: 'OPEN', at: now });
        return rows.length;
      });
      finalized += batch;
      if (batch < batchSize) return finalized;
    }
  }
}
