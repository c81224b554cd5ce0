import { Inject, Injectable } from '@nestjs/common';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { ResumableOperations } from '../../../platform/operations/resumable-operations.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import { ProvisionerRow } from '../provisioners/provisioner.entity.ts';
import { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from '../paid-subscriptions.ts';
import { activateSubscription, type Period } from './activate-subscription.ts';
import type { AttemptRow } from './attempt.entity.ts';
import { payloadOf } from './attempt.presenter.ts';
import { openAttempt } from './attempts.store.ts';
import { EndAttempt } from './end-attempt.ts';

/** What a subscription sells is made for it, and then it starts. */
@Injectable()
export class BeginProvisioning {
  constructor(
    private readonly operations: ResumableOperations,
    private readonly endAttempt: EndAttempt,
    @Inject(PAID_SUBSCRIPTIONS) private readonly paidSubscriptions: PaidSubscriptions,
    private readonly clock: Clock,
  ) {}

  /**
   * `row` is locked and waits for its resource. `period` is the one that its payment provider bills. Of several triggers one wins; to the
   * others the row is as it stands. Returns it: ACTIVE at once when nobody has to make anything, FAILED when nobody can.
   */
  async execute(tx: Tx, row: SubscriptionRow, { period, at }: Beginning): Promise<SubscriptionRow> {
    const { organizationId, resourceType } = row;
    if (resourceType === null) {
      const entered = await this.enter(tx, row, period, at);
      const active = await activateSubscription(tx, entered, { resourceId: null, isRenewed: true, at });
      return this.paidSubscriptions.catchUp(tx, active);
    }
    const provisioners = await tx.findBy(ProvisionerRow, { organizationId });
    const provisioner = provisioners.find((candidate) => candidate.resourceType === resourceType);
    const attempt = await this.open(tx, row, provisioner);
    if (!attempt) return row;
    const entered = await this.enter(tx, row, period, at);
    await tellSubscription(tx, entered, at, 'updated');
    const payload = payloadOf(attempt, entered);
    await tell(tx, organizationId, at, [{ objectType: 'subscription', objectId: row.id, type: 'provisioning.started', payload }]);
    const held = { attempt, subscription: entered };
    // Whoever names no provisioner at all makes resources without us.
    if (provisioner?.kind === 'NONE' || provisioners.length === 0)
      return this.endAttempt.succeed(tx, held, row.resourceId ?? row.externalId, {});
    if (provisioner) return entered;
    const reason = `Nobody makes resources of the type ${resourceType}.`;
    return this.endAttempt.fail(tx, held, { type: 'unknown_resource_type', reason });
  }

  /** Undefined: another trigger was first. */
  private async open(tx: Tx, row: SubscriptionRow, provisioner: ProvisionerRow | undefined): Promise<AttemptRow | undefined> {
    const { organizationId } = row;
    const createdAt = dateOf(this.clock.now());
    const attempt: AttemptRow = {
      organizationId,
      id: newId(),
      subscriptionId: row.id,
      status: 'REQUESTED',
      tries: 0,
      lastAnswer: null,
      lookAt: createdAt,
      deadlineAt: new Date(createdAt.getTime() + (provisioner?.deadlineSeconds ?? 0) * 1000),
      resourceId: null,
      failureType: null,
      failureReason: null,
      refunds: provisioner?.refundOnFailure ?? false,
      settlement: 'NONE',
      settlementTries: 0,
      createdAt,
      finishedAt: null,
    };
    if (!(await openAttempt(tx, attempt))) return undefined;
    await this.operations.begin(tx, { organization_id: organizationId, id: attempt.id }, 'provisioning');
    return attempt;
  }

  private async enter(tx: Tx, row: SubscriptionRow, period: Period | null, at: Date): Promise<SubscriptionRow> {
    const changes = {
      status: 'PROVISIONING',
      failureReason: null,
      ...(period ? { currentPeriodStart: period.start, currentPeriodEnd: period.end } : {}),
      updatedAt: at,
    } as const;
    await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
    return { ...row, ...changes };
  }
}

export interface Beginning {
  readonly period: Period | null;
  readonly at: Date;
}
