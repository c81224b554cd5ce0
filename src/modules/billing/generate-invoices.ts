import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { tryAgainNow } from '../../platform/attention/needs-attention.store.ts';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { type Query, queryOn } from '../../platform/database/sql.ts';
import { newId } from '../../platform/database/ids.ts';
import { withoutSteps } from '../../platform/idempotency/attempt.ts';
import { log } from '../../platform/logging/log.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { liveTime } from '../organizations/index.ts';
import { waking, WakeSubscriptions } from '../subscriptions/index.ts';
import type { RunTrigger } from './billing-run.entity.ts';
import { failStaleDryRuns, type Run, staleRuns } from './billing-runs.store.ts';
import { generation } from './generation.ts';
import { RunBilling, type RunProgress, type RunResult } from './run-billing.ts';
import { linesOf, reportEnd, reportFound } from './run-lines.ts';

/** A run nobody has touched for so long has no process any more. */
const staleAfterMs = 30_000;

const organizationsWithWork = {
  name: 'billing.organizations_with_work',
  text: `select o.id from organizations o where o.mode = 'LIVE' and (exists (select from needs_attention n where n.organization_id = o.id and n.job = $2) or exists (
      select from subscriptions s where s.organization_id = o.id and (
        (s.status = 'PENDING' and coalesce(s.change_at, s.subscription_at) <= $1) or (s.status = 'TRIAL' and s.trial_ends_at <= $1)
        or (s.status in ('ACTIVE', 'TRIAL', 'PAUSED') and s.ending_at <= $1) or (s.status = 'PAUSED' and s.resume_at <= $1)
        or ((s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.payment_provider = 'MANUAL' and s.current_period_end <= $1))))
    order by o.id`,
};

export interface GenerationRequest {
  readonly trigger: RunTrigger;
  /** The scheduler's slot, shared by every process; null for anything else. */
  readonly scheduledFor?: Date;
  readonly onProgress?: RunProgress;
}

const nothing: RunResult = { found: 0, successful: 0, failed: 0 };

/** Where billing is turned off nothing is made on these; who asks by hand gets invoices all the same. */
const scheduled: readonly RunTrigger[] = ['CRON', 'STARTUP'];

/** Somebody asks: what was put off is tried at once. */
const asked: readonly RunTrigger[] = ['MANUAL', 'CLI'];

const sumOf = (a: RunResult, b: RunResult): RunResult => ({
  found: a.found + b.found,
  successful: a.successful + b.successful,
  failed: a.failed + b.failed,
});

/** Wakes what time has come for and bills what is due, of one organization or of all live ones. */
@Injectable()
export class GenerateInvoices {
  private readonly query: Query;

  constructor(
    dataSource: DataSource,
    private readonly wakeSubscriptions: WakeSubscriptions,
    private readonly runBilling: RunBilling,
    private readonly workerLog: WorkerLog,
    private readonly needsAttention: NeedsAttention,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.query = queryOn(dataSource);
  }

  /** Every live organization, by the wall clock; the schedule only wakes them where billing is turned off. One organization's failure does not keep the others waiting. */
  async forAll({ trigger, scheduledFor, onProgress }: GenerationRequest): Promise<RunResult> {
    const now = await liveTime(this.query);
    const organizations = (await this.query<{ id: string }>(organizationsWithWork, [now, generation.name])).map(({ id }) => id);
    if (!this.config.billingEnabled && scheduled.includes(trigger)) return this.wakeAll(organizations, now);
    await failStaleDryRuns(this.query, staleAfterMs);
    for (const run of await staleRuns(this.query, staleAfterMs))
      await this.work(run, onProgress).catch((error: unknown) =>
        log.error('a run that was taken up again broke off', error, { run_id: run.id, organization_id: run.organizationId }),
      );
    if (organizations.length === 0) return this.nothingDue();
    const request = { trigger, ...(scheduledFor && { scheduledFor }), ...(onProgress && { onProgress }) };
    const results = await this.needsAttention.forEach(generation.name, organizations, now, (id): Promise<RunResult> =>
      this.runBilling.isStopping ? Promise.resolve(nothing) : this.forOrganization(id, now, request),
    );
    return results.reduce(sumOf, nothing);
  }

  /** One organization, at its own time. */
  async forOrganization(organizationId: string, asOf: Date, request: GenerationRequest): Promise<RunResult & { runId: string }> {
    if (asked.includes(request.trigger)) await tryAgainNow(this.query, organizationId);
    await withoutSteps(() => this.wakeSubscriptions.execute(organizationId, asOf));
    const run = await this.runBilling.open({
      organizationId,
      trigger: request.trigger,
      scheduledFor: request.scheduledFor ?? null,
      asOf,
    });
    return { ...(await withoutSteps(() => this.work(run, request.onProgress))), runId: run.id };
  }

  /** A tick of the schedule on an organization's own clock. */
  async onClock(organizationId: string, asOf: Date, onProgress?: RunProgress): Promise<void> {
    if (!this.config.billingEnabled) await this.wakeSubscriptions.execute(organizationId, asOf);
    else await this.forOrganization(organizationId, asOf, { trigger: 'CLOCK', ...(onProgress ? { onProgress } : {}) });
  }

  /** Subscriptions start, change and end in time, whoever bills them. */
  private async wakeAll(organizations: readonly string[], now: Date): Promise<RunResult> {
    await this.needsAttention.forEach(waking.name, organizations, now, (id) => this.wakeSubscriptions.execute(id, now));
    return nothing;
  }

  private async work(run: Run, onProgress?: GenerationRequest['onProgress']): Promise<RunResult> {
    const lines = linesOf(this.workerLog, run);
    try {
      const result = await this.runBilling.execute(run, lines, onProgress);
      reportEnd(lines, result);
      return result;
    } catch (error) {
      lines.error('❌ Broke off; what is not billed stays due, and the application log says why');
      throw error;
    }
  }

  private nothingDue(): RunResult {
    const lines = linesOf(this.workerLog, { id: newId() });
    reportFound(lines, 0);
    reportEnd(lines, nothing);
    return nothing;
  }
}
