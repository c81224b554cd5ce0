import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { newId } from '../../platform/database/ids.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { liveTime } from '../organizations/index.ts';
import { finalization, FinalizeDueInvoices, mailing } from '../invoices/index.ts';

/** Drafts that are due, or mails whose next try is. */
const organizationsWithWork = {
  name: 'billing.organizations_to_finalize',
  text: `select o.id from organizations o where o.mode = 'LIVE' and (exists (
      select from invoices i where i.organization_id = o.id and i.status = 'DRAFT' and i.scheduled_finalize_at <= $1)
    or exists (select from needs_attention n where n.organization_id = o.id and n.job = $2 and n.next_attempt_at <= $1)) order by o.id`,
};

/** Opens the due drafts of every live organization, and sends them. */
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
    const organizations = await query<{ id: string }>(organizationsWithWork, [now, mailing.name]);
    const ids = organizations.map(({ id }) => id);
    const counts = await this.needsAttention.forEach(finalization.name, ids, now, (id) => this.forOrganization(id, now, 'LIVE'));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** One organization, at its own time. A story played on a virtual clock writes to nobody. */
  async forOrganization(organizationId: string, now: Date, mode: 'LIVE' | 'TEST'): Promise<number> {
    const lines = this.workerLog.of('invoice_finalizer', { runId: newId(), organizationId, mode });
    try {
      const finalized = await this.finalizeDueInvoices.execute(organizationId, now, { mails: mode === 'LIVE', lines });
      if (finalized > 0) lines.info(`🏁 Finalized ${finalized} invoices`);
      return finalized;
    } catch (error) {
      lines.error('❌ Broke off; what is due is tried again at the next slot, and the application log says why');
      throw error;
    }
  }
}
