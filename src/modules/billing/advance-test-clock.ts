import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { withSessionLock } from '../../platform/database/session-lock.ts';
import { withoutSteps } from '../../platform/idempotency/attempt.ts';
import { tryAgainNow } from '../../platform/attention/needs-attention.store.ts';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { OrganizationRow } from '../organizations/index.ts';
import { ChargeEvents } from './instant-charges/charge-events.ts';
import { ChargeUnits } from './instant-charges/charge-units.ts';
import { FinalizeInvoices } from './finalize-invoices.ts';
import { GenerateInvoices, type GenerationRequest } from './generate-invoices.ts';

const hourMs = 3_600_000;
const fiveMinutesMs = 300_000;
const tenYearsMs = 10 * 366 * 24 * hourMs;

/** The next instant after `$2` at which the generator, or the finalizer, has something to do; null when never. */
const nextGeneration = `
  select min(at) as at from (
    select min(coalesce(change_at, subscription_at)) as at from subscriptions
      where organization_id = $1 and status = 'PENDING' and coalesce(change_at, subscription_at) > $2
    union all select min(trial_ends_at) from subscriptions where organization_id = $1 and status = 'TRIAL' and trial_ends_at > $2
    union all select min(ending_at) from subscriptions where organization_id = $1 and status in ('ACTIVE', 'TRIAL', 'PAUSED') and ending_at > $2
    union all select min(resume_at) from subscriptions where organization_id = $1 and status = 'PAUSED' and (resume_at > $2 or not final_invoice_due)
    union all select min(current_period_end) from subscriptions
      where organization_id = $1 and (status in ('ACTIVE', 'TRIAL') or final_invoice_due) and payment_provider = 'MANUAL' and current_period_end > $2) as times`;
const nextFinalization = `
  select min(scheduled_finalize_at) as at from invoices where organization_id = $1 and status = 'DRAFT' and scheduled_finalize_at > $2`;

const beginningOfTime = new Date(0);

/**
 * Moves a test organization's time and does on the way what the schedule would have done, at the schedule's own ticks: the
 * generator on the hour, the finalizer every five minutes. Where billing is turned off the schedule makes no invoices here either.
 */
@Injectable()
export class AdvanceTestClock {
  constructor(
    private readonly dataSource: DataSource,
    private readonly generateInvoices: GenerateInvoices,
    private readonly finalizeInvoices: FinalizeInvoices,
    private readonly chargeEvents: ChargeEvents,
    private readonly chargeUnits: ChargeUnits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws BillingError not_in_test_mode, clock_advance_in_progress, validation_errors (back in time, more than ten years ahead) */
  async execute(organizationId: string, to: Date, onProgress?: GenerationRequest['onProgress']): Promise<Date> {
    // Where it stopped, the organization's own time says.
    const done = await withSessionLock(this.dataSource, organizationId, () =>
      withoutSteps(() => this.advance(organizationId, to, onProgress)),
    );
    if (!done) throw new BillingError('clock_advance_in_progress');
    return done.result;
  }

  private async advance(organizationId: string, to: Date, onProgress: GenerationRequest['onProgress']): Promise<Date> {
    const organization = await this.dataSource.manager.findOneByOrFail(OrganizationRow, { id: organizationId });
    const now = organization.virtualNow;
    if (!now) throw new BillingError('not_in_test_mode');
    if (to < now) throw invalid({ to: ['in_the_past'] });
    if (to.getTime() - now.getTime() > tenYearsMs) throw invalid({ to: ['value_is_out_of_range'] });
    await tryAgainNow(queryOn(this.dataSource), organizationId);
    await this.charge(organizationId);
    let generated = beginningOfTime;
    let finalized = beginningOfTime;
    for (;;) {
      const generateAt = await this.tick(nextGeneration, organizationId, generated, now, hourMs);
      const finalizeAt = await this.tick(nextFinalization, organizationId, finalized, now, fiveMinutesMs);
      const at = Math.min(generateAt, finalizeAt);
      if (at > to.getTime()) break;
      const instant = new Date(at);
      await this.setTime(organizationId, instant);
      if (generateAt === at) {
        await this.generateInvoices.onClock(organizationId, instant, onProgress);
        await this.charge(organizationId);
        generated = instant;
      }
      if (finalizeAt === at) {
        await this.finalizeInvoices.forOrganization(organizationId, instant, 'TEST');
        finalized = instant;
      }
    }
    await this.setTime(organizationId, to);
    return to;
  }

  /** Events and units that wait to be charged at once; the bell of ingestion may have rung for some of them already. */
  private async charge(organizationId: string): Promise<void> {
    if (!this.config.billingEnabled) return;
    await this.chargeEvents.completely(organizationId);
    await this.chargeUnits.execute(organizationId);
  }

  /** The schedule's tick that serves the next instant: rounded up, and never before the present. Infinity when nothing waits. */
  private async tick(statement: string, organizationId: string, after: Date, now: Date, width: number): Promise<number> {
    const [row] = (await this.dataSource.query(statement, [organizationId, after])) as { at: Date | null }[];
    if (!row?.at) return Number.POSITIVE_INFINITY;
    return Math.ceil(Math.max(row.at.getTime(), now.getTime()) / width) * width;
  }

  private async setTime(organizationId: string, at: Date): Promise<void> {
    await this.dataSource.manager.update(OrganizationRow, { id: organizationId }, { virtualNow: at });
  }
}
