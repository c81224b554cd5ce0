import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isBilled } from '../../domain/lifecycles/subscription.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { type InvoiceRow, invoicesOfSubscription } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findSubscription } from '../subscriptions/index.ts';
import { BillBatch } from './bill-batch.ts';
import { completeRun, openRun } from './billing-runs.store.ts';

/** The manual trigger: bills the oldest period of one subscription that has ended and is not billed yet. */
@Injectable()
export class GenerateInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly billBatch: BillBatch,
    private readonly organizationClock: OrganizationClock,
    private readonly clock: Clock,
    private readonly workerLog: WorkerLog,
  ) {}

  /**
   * The new draft; or, when nothing is due, the invoice of the last billed period: asking twice makes no second one (G23).
   * @throws BillingError subscription_not_found, subscription_not_billable (nothing is due and nothing was ever billed)
   */
  async execute(organizationId: string, externalId: string): Promise<InvoiceRow> {
    const { manager } = this.dataSource;
    const subscription = await findSubscription(manager, organizationId, externalId);
    const asOf = await this.organizationClock.now(organizationId);
    const isDue =
      (isBilled(subscription.status) || subscription.finalInvoiceDue) &&
      subscription.paymentProvider === 'MANUAL' &&
      subscription.currentPeriodEnd !== null &&
      subscription.currentPeriodEnd <= asOf;
    if (isDue) await this.bill(organizationId, subscription.id, asOf);
    const latest = await invoicesOfSubscription(manager, organizationId, subscription.id)
      .andWhere('i.periodEnd is not null')
      .orderBy('i.periodEnd', 'DESC')
      .addOrderBy('i.createdAt', 'DESC')
      .limit(1)
      .getOne();
    if (!latest) throw new BillingError('subscription_not_billable', { current_period_end: ['not_reached'] });
    return latest;
  }

  private async bill(organizationId: string, subscriptionId: string, asOf: Date): Promise<void> {
    const query = queryOn(this.dataSource);
    const at = dateOf(this.clock.now());
    const run = await openRun(query, { organizationId, trigger: 'MANUAL', scheduledFor: null, asOf, at });
    const lines = this.workerLog.of('invoice_generator', run.id);
    const result = await this.billBatch.executeFor(run, [subscriptionId]);
    for (const failure of result.failed) lines.error(`❌ Failed subscription=${failure.subscriptionId} | ${failure.message}`);
    await completeRun(query, run, dateOf(this.clock.now()));
    if (result.failed.length > 0) throw new BillingError('subscription_not_billable', { subscription: ['not_billable'] });
  }
}
