import { Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CancelWithPeriod } from '../../provisioning/index.ts';
import {
  PauseSubscription,
  ResumeSubscription,
  type SubscriptionRow,
  TerminateSubscription,
  UpdateSubscription,
} from '../../subscriptions/index.ts';
import type { AdminUpdateSubscriptionInput } from './admin.dto.ts';

/**
 * What an operator asks of a subscription is done by the verbs of the tenant's and the customer's doors: so what was used is billed, what was
 * paid beyond is credited, a pause is free, and the payment provider that bills it is told.
 */
@Injectable()
export class AskOwnVerbs {
  constructor(
    private readonly cancelWithPeriod: CancelWithPeriod,
    private readonly updateSubscription: UpdateSubscription,
    private readonly terminateSubscription: TerminateSubscription,
    private readonly pauseSubscription: PauseSubscription,
    private readonly resumeSubscription: ResumeSubscription,
  ) {}

  /**
   * A state that it has already, and no cancellation where none was announced, change nothing.
   * @throws BillingError transition_not_allowed, already_canceled, billed_by_provider
   */
  async execute(row: SubscriptionRow, input: AdminUpdateSubscriptionInput): Promise<SubscriptionRow> {
    const { cancel_at_period_end: cancels, status } = input;
    if (cancels) return this.cancelWithPeriod.execute(row);
    const kept = cancels === false && row.canceledAt && row.endingAt ? await this.takeCancellationBack(row) : row;
    return status === undefined || status === kept.status ? kept : this.move(kept, status);
  }

  private takeCancellationBack({ organizationId, id, paymentProvider }: SubscriptionRow): Promise<SubscriptionRow> {
    if (paymentProvider !== 'MANUAL') throw new BillingError('billed_by_provider');
    return this.updateSubscription.execute(organizationId, id, { ending_at: null }, 'keep');
  }

  private move(row: SubscriptionRow, status: 'ACTIVE' | 'PAUSED' | 'CANCELED'): Promise<SubscriptionRow> {
    const { organizationId, id, status: before } = row;
    // Canceled at the provider means what `terminated` means of what Florin bills: over, at once.
    if (status === 'CANCELED') return this.terminateSubscription.execute(organizationId, id, {});
    if (status === 'PAUSED') return this.pauseSubscription.execute(organizationId, id, null);
    if (row.paymentProvider !== 'MANUAL') throw new BillingError('billed_by_provider');
    // One that has not started, or has ended, has no verb that makes it active.
    if (before !== 'PAUSED') throw new BillingError('transition_not_allowed');
    return this.resumeSubscription.execute(organizationId, id);
  }
}
