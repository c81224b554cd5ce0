import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { newId } from '../../platform/database/ids.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { liveTime } from '../organizations/index.ts';
import { finalization, FinalizeDueInvoices } from '../invoices/index.ts';

const organizationsWithDrafts = {
  name: 'billing.organizations_with_drafts',
  text: `select o.id from organizations o where o.mode = 'LIVE' and exists (
    select from invoices i where i.organization_id = o.id and i.status = 'DRAFT' and i.scheduled_finalize_at <= $1) order by o.id`,
};

/** Opens the due drafts of every live organization. */
@Injectable()
export class FinalizeInvoices {
  constructor(
    private readonly dataSource: DataSource,
    private readonly finalizeDueInvoices: FinalizeDueInvoices,
    private readonly needsAttention: NeedsAttention,
    private readonly workerLog: WorkerLog,
  ) {}

  async forAll(): Promise<number> {
    const query = queryOn(this.dataSource);
    const now = await liveTime(query);
    const organizations = await query<{ id: string }>(organizationsWithDrafts, [now]);
    const ids = organizations.map(({ id }) => id);
    const counts = await this.needsAttention.forEach(finalization.name, ids, now, (id) =>
      this.finalizeDueInvoices.execute(id, now, { mails: true }),
    );
    const finalized = counts.reduce((sum, count) => sum + count, 0);
    if (finalized > 0) this.workerLog.of('invoice_finalizer', newId()).info(`🏁 Finalized ${finalized} invoices`);
    return finalized;
  }
}
