import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isBilled } from '../../domain/lifecycles/subscription.ts';
import { tryAgainNow } from '../../platform/attention/needs-attention.store.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { databaseError } from '../../platform/database/unit-of-work.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { type InvoiceRow, invoicesOfSubscription } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findSubscription, type SubscriptionRow } from '../subscriptions/index.ts';
import { BillBatch } from './bill-batch.ts';
import { completeRun, failRun, openRun } from './billing-runs.store.ts';
import { settleBilled } from './due-subscriptions.store.ts';
import { linesOf, reportBatch, reportEnd, reportFound } from './run-lines.ts';

/** So long a caller waits for a run that has the subscription in hand. */
const patienceMs = 5_000;
const lockTimeout = '55P03';

/** The manual trigger: bills the oldest period of one subscription that has ended and is not billed yet. */
@Injectable()
export class GenerateInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly billBatch: BillBatch,
    private readonly organizationClock: OrganizationClock,
    private readonly workerLog: WorkerLog,
  ) {}

  /**
   * The new draft; or, when nothing is due, the invoice of the last billed period: asking twice makes no second one (G23).
   * @throws BillingError subscription_not_found, conflict (a run has it in hand for longer than a moment), subscription_not_billable
   * (a provider bills it, its last period's invoice was voided, nothing is due and nothing was ever billed), or why it cannot be billed
   */
  async execute(organizationId: string, externalId: string): Promise<InvoiceRow> {
    const { manager } = this.dataSource;
    const subscription = await findSubscription(manager, organizationId, externalId);
    if (subscription.paymentProvider !== 'MANUAL')
      throw new BillingError('subscription_not_billable', {
        payment_provider: [`billed_by_${subscription.paymentProvider.toLowerCase()}`],
      });
    const asOf = await this.organizationClock.now(organizationId);
    if (isDue(subscription, asOf)) await this.bill(organizationId, subscription.id, asOf);
    const latest = await invoicesOfSubscription(manager, organizationId, subscription.id)
      .andWhere('i.periodEnd is not null')
      .orderBy('i.periodEnd', 'DESC')
      .addOrderBy('i.createdAt', 'DESC')
      .limit(1)
      .getOne();
    if (latest?.status === 'VOID') throw new BillingError('subscription_not_billable', { invoice: ['voided'] });
    if (latest) return latest;
    const waits = isBilled(subscription.status);
    throw new BillingError(
      'subscription_not_billable',
      waits ? { current_period_end: ['not_reached'] } : { status: [subscription.status.toLowerCase()] },
    );
  }

  private async bill(organizationId: string, subscriptionId: string, asOf: Date): Promise<void> {
    const query = queryOn(this.dataSource);
    await tryAgainNow(query, organizationId);
    const run = await openRun(query, { organizationId, trigger: 'MANUAL', scheduledFor: null, asOf });
    const lines = linesOf(this.workerLog, run);
    const { claimed, billed, failed } = await this.billBatch
      .executeFor(run, [subscriptionId], patienceMs)
      .catch(async (error: unknown) => {
        lines.error(`❌ Failed subscription=${subscriptionId} | nothing was billed; the application log says why`);
        await failRun(query, run);
        throw databaseError(error).code === lockTimeout
          ? new BillingError('conflict', { subscription: ['is_being_billed'] })
          : error;
      });
    await completeRun(query, run);
    await settleBilled(query, run);
    reportFound(lines, claimed);
    reportBatch(lines, { billed, failed });
    reportEnd(lines, { successful: claimed - failed.length, failed: failed.length });
    for (const { reason, error } of failed) {
      throw error instanceof BillingError
        ? error
        : new BillingError('subscription_not_billable', { subscription: [reason.code] });
    }
    if (claimed === 0) await this.refuseIfLeft(organizationId, subscriptionId, asOf);
  }

  /** Another run may have billed it meanwhile; if not, time could not take it further first. */
  private async refuseIfLeft(organizationId: string, id: string, asOf: Date): Promise<void> {
    const subscription = await findSubscription(this.dataSource.manager, organizationId, id);
    if (isDue(subscription, asOf)) throw new BillingError('subscription_not_billable', { subscription: ['needs_attention'] });
  }
}

const isDue = ({ status, finalInvoiceDue, currentPeriodEnd }: SubscriptionRow, asOf: Date): boolean =>
  (isBilled(status) || finalInvoiceDue) && currentPeriodEnd !== null && currentPeriodEnd <= asOf;
