import { Inject, Injectable } from '@nestjs/common';
import { Not } from 'typeorm';
import { Clock, dateOf, isoOf } from '../../../platform/clock/clock.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { ResumableOperations } from '../../../platform/operations/resumable-operations.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from '../paid-subscriptions.ts';
import { activateSubscription } from './activate-subscription.ts';
import { AttemptRow } from './attempt.entity.ts';
import { type HeldAttempt, updateAttempt } from './attempts.store.ts';
import { payloadOf } from './attempt.presenter.ts';

export interface Failure {
  /** `deadline_exceeded`, `cancelled`, or the provisioner's own word. */
  readonly type: string;
  /** Readable to the customer. */
  readonly reason: string;
}

/** The two ends of an attempt. Its subscription, its operation and what is told of it change with it, in one transaction. */
@Injectable()
export class EndAttempt {
  constructor(
    private readonly operations: ResumableOperations,
    private readonly organizationClock: OrganizationClock,
    @Inject(PAID_SUBSCRIPTIONS) private readonly paidSubscriptions: PaidSubscriptions,
    private readonly clock: Clock,
  ) {}

  /**
   * The resource is there: the subscription, which waits for it, is activated with it. `result` is what the provisioner says besides.
   */
  async succeed(tx: Tx, held: HeldAttempt, resourceId: string, result: object): Promise<SubscriptionRow> {
    const { attempt } = held;
    const { organizationId } = attempt;
    const changes = { status: 'SUCCEEDED', resourceId, lookAt: null, finishedAt: this.now() } as const;
    await updateAttempt(tx, attempt, changes);
    const at = await this.organizationClock.now(organizationId, tx);
    const isRenewed = !(await isSettled(tx, attempt));
    const active = await activateSubscription(tx, held.subscription, { resourceId, isRenewed, at });
    const made = await this.paidSubscriptions.catchUp(tx, active);
    const said = {
      ...result,
      subscription_id: made.id,
      resource_type: made.resourceType,
      resource_id: resourceId,
      status: made.status.toLowerCase(),
    };
    await tell(tx, organizationId, at, [
      {
        objectType: 'subscription',
        objectId: made.id,
        type: 'provisioning.succeeded',
        payload: {
          ...payloadOf({ ...attempt, ...changes }, made),
          current_period_start: made.currentPeriodStart && isoOf(made.currentPeriodStart),
          current_period_end: made.currentPeriodEnd && isoOf(made.currentPeriodEnd),
          result,
        },
      },
    ]);
    await this.operations.complete(tx, { organization_id: organizationId, id: attempt.id }, said);
    return made;
  }

  /** It is not made: the subscription has FAILED for this reason, and whoever took money for it is told to stop, once. */
  async fail(tx: Tx, held: HeldAttempt, failure: Failure): Promise<SubscriptionRow> {
    const { attempt, subscription } = held;
    const { organizationId } = attempt;
    const settles = subscription.paymentProvider !== 'MANUAL' && !(await isSettled(tx, attempt));
    const finishedAt = this.now();
    const changes = {
      status: 'FAILED',
      failureType: failure.type,
      failureReason: failure.reason,
      settlement: settles ? 'DUE' : 'NONE',
      lookAt: settles ? finishedAt : null,
      finishedAt,
    } as const;
    await updateAttempt(tx, attempt, changes);
    const at = await this.organizationClock.now(organizationId, tx);
    const failed = await this.markFailed(tx, subscription, failure.reason, at);
    const payload = payloadOf({ ...attempt, ...changes }, failed);
    await tell(tx, organizationId, at, [
      { objectType: 'subscription', objectId: failed.id, type: 'provisioning.failed', payload },
    ]);
    const key = { organization_id: organizationId, id: attempt.id };
    if (failure.type === 'cancelled') await this.operations.cancel(tx, key, payload);
    else await this.operations.fail(tx, key, { error_type: failure.type, message: failure.reason });
    return failed;
  }

  private async markFailed(tx: Tx, row: SubscriptionRow, failureReason: string, at: Date): Promise<SubscriptionRow> {
    if (row.status !== 'PROVISIONING') return row;
    const changes = { status: 'FAILED', failureReason, updatedAt: at } as const;
    await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
    const failed = { ...row, ...changes };
    await tellSubscription(tx, failed, at, 'failed');
    return failed;
  }

  private now(): Date {
    return dateOf(this.clock.now());
  }
}

/** Whether an earlier failure of the same subscription has ended it at its payment provider, or is about to. */
const isSettled = (tx: Tx, { organizationId, subscriptionId }: AttemptRow): Promise<boolean> =>
  tx.existsBy(AttemptRow, { organizationId, subscriptionId, settlement: Not('NONE') });
