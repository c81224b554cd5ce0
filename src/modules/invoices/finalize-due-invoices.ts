import { Inject, Injectable } from '@nestjs/common';
import { formatMajor } from '../../domain/money/currency.ts';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { isPutOff, settleAttention } from '../../platform/attention/needs-attention.store.ts';
import { queryIn } from '../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { oneField } from '../../platform/logging/one-line.ts';
import type { WorkerLine } from '../../platform/logging/worker-log.ts';
import { byHalves } from '../../platform/jobs/by-halves.ts';
import { DRAFT_REFRESHER, type DraftRefresher } from './draft-refresher.ts';
import { finalization } from './finalization.ts';
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
    private readonly needsAttention: NeedsAttention,
    @Inject(DRAFT_REFRESHER) private readonly drafts: DraftRefresher,
  ) {}

  /**
   * Returns how many were opened. Several finalizers share the work: rows are claimed with SKIP LOCKED. A draft that cannot be issued
   * stays one, needs attention and keeps no other waiting. With `mails`, each opened one is sent to its customer once it is
   * committed, and those that could not be sent before are tried again; a mail that fails needs attention and holds up nothing (H3).
   */
  async execute(organizationId: string, now: Date, { mails, lines }: { mails: boolean; lines: WorkerLine }): Promise<number> {
    let finalized = 0;
    if (mails) await this.emailInvoice.sendAgain(organizationId, { lines, now });
    for (;;) {
      const { opened, claimed } = await this.openBatch(organizationId, now, lines);
      for (const { id, invoiceNumber, totalCents, currency } of opened)
        lines.info(`✅ Finalized ${invoiceNumber} | total=${formatMajor(totalCents, currency)} ${currency}`, { invoice_id: id });
      if (mails) await this.emailInvoice.sendAll(organizationId, opened, { lines, now });
      finalized += opened.length;
      if (claimed < batchSize) return finalized;
    }
  }

  private async openBatch(
    organizationId: string,
    now: Date,
    lines: WorkerLine,
  ): Promise<{ opened: InvoiceRow[]; claimed: number }> {
    let claimed: InvoiceRow[] = [];
    const open = (ids: readonly string[] | null): Promise<InvoiceRow[]> =>
      this.unitOfWork.run(async (tx) => {
        const rows = await claimDueDrafts(tx, organizationId, now, ids);
        if (!ids) claimed = rows;
        const opened = await openInvoices(tx, organizationId, await this.drafts.refresh(tx, organizationId, rows, now), now);
        const openedIds = opened.map(({ id }) => id);
        if (openedIds.length > 0) await settleAttention(queryIn(tx), finalization.name, organizationId, openedIds);
        return opened;
      });
    try {
      return { opened: await open(null), claimed: claimed.length };
    } catch (error) {
      const opened = await byHalves(claimed, error, {
        work: (rows) => open(rows.map(({ id }) => id)),
        giveUp: async ({ id, invoiceNumber }, reason) => {
          const { message } = await this.needsAttention.note(
            finalization,
            { organizationId, id, externalId: invoiceNumber },
            reason,
            now,
          );
          lines.error(`❌ Failed ${invoiceNumber} | ${oneField(message)}`, { invoice_id: id });
          return [];
        },
      });
      return { opened: opened.flat(), claimed: claimed.length };
    }
  }
}

/** Locks due drafts that nobody holds, the longest due first; of the named ones, if there are names. */
const claimDueDrafts = (tx: Tx, organizationId: string, now: Date, ids: readonly string[] | null): Promise<InvoiceRow[]> =>
  tx
    .createQueryBuilder(InvoiceRow, 'i')
    .where(`i.organizationId = :organizationId and i.status = 'DRAFT' and i.scheduledFinalizeAt <= :now`, { organizationId, now })
    .andWhere(ids ? 'i.id in (:...ids)' : `not ${isPutOff(finalization, 'i.organizationId', 'i.id', ':now')}`, { ids })
    .orderBy('i.scheduledFinalizeAt')
    .addOrderBy('i.series')
    .addOrderBy('i.sequentialId')
    .limit(batchSize)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getMany();
