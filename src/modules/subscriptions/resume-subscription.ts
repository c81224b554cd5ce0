import { Injectable } from '@nestjs/common';
import { firstPeriodEnd } from '../../domain/lifecycles/begin-subscription.ts';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { PlanRow } from '../plans/index.ts';
import { termsOfPlan } from './open-subscription.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';
import { tellSubscription } from './tell-subscription.ts';

/** Ends a pause now. While the time before the pause is still to be billed, the resumption waits for it and counts from now. */
@Injectable()
export class ResumeSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed (it is not paused) */
  async execute(organizationId: string, externalId: string): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true });
      const at = await this.organizationClock.now(organizationId, tx);
      if (row.status !== 'PAUSED') throw new BillingError('transition_not_allowed');
      if (!row.finalInvoiceDue) return resume(tx, row, at);
      await tx.update(SubscriptionRow, { organizationId, id: row.id }, { resumeAt: at, updatedAt: at });
      return { ...row, resumeAt: at, updatedAt: at };
    });
  }
}

/** A locked, paused subscription runs on from `at`, on its old anchor. */
export async function resume(tx: Tx, row: SubscriptionRow, at: Date): Promise<SubscriptionRow> {
  const { organizationId, id } = row;
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId, id: row.planId });
  const end = firstPeriodEnd(
    {
      ...(await termsOfPlan(tx, plan)),
      billingTime: row.billingTime,
      timezone: row.billingTimezone,
      subscriptionAt: instantOf(row.subscriptionAt),
    },
    instantOf(at),
  );
  const changes = {
    status: 'ACTIVE',
    resumeAt: null,
    resumedAt: at,
    currentPeriodStart: at,
    currentPeriodEnd: dateOf(end),
    updatedAt: at,
  } as const;
  await tx.update(SubscriptionRow, { organizationId, id }, changes);
  await tx.query(
    'update subscription_pauses set resumed_at = $3 where organization_id = $1 and subscription_id = $2 and resumed_at is null',
    [organizationId, id, at],
  );
  const resumed = { ...row, ...changes };
  await tellSubscription(tx, resumed, at, 'resumed');
  return resumed;
}
