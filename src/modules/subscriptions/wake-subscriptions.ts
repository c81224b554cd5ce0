import { Injectable } from '@nestjs/common';
import { beginSubscription } from '../../domain/lifecycles/begin-subscription.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { PlanRow } from '../plans/index.ts';
import { columnsOf } from './create-subscription.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscriptions } from './subscriptions.queries.ts';
import { endSubscription } from './terminate-subscription.ts';

const batchSize = 200;

/** What time alone does to subscriptions: pending ones start, trials become active, announced ends come. */
@Injectable()
export class WakeSubscriptions {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns how many changed. Safe beside itself: rows are claimed with SKIP LOCKED. */
  async execute(organizationId: string, now: Date): Promise<number> {
    let changed = 0;
    for (;;) {
      const batch = await this.unitOfWork.run(async (tx) => {
        const rows = await claim(tx, organizationId, now);
        for (const row of rows) await wake(tx, row, now);
        return rows.length;
      });
      changed += batch;
      // A start and an end can lie behind each other, so only an empty claim is the end.
      if (batch === 0) return changed;
    }
  }
}

function claim(tx: Tx, organizationId: string, now: Date): Promise<SubscriptionRow[]> {
  return tx
    .createQueryBuilder(SubscriptionRow, 's')
    .where('s.organizationId = :organizationId', { organizationId })
    .andWhere(
      `((s.status = 'PENDING' and s.subscriptionAt <= :now) or (s.status = 'TRIAL' and s.trialEndsAt <= :now)
        or (s.status in ('ACTIVE', 'TRIAL') and s.endingAt <= :now))`,
      { now },
    )
    .orderBy('s.id')
    .limit(batchSize)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getMany();
}

async function wake(tx: Tx, row: SubscriptionRow, now: Date): Promise<void> {
  const trialIsOver = row.status === 'TRIAL' && row.trialEndsAt !== null && row.trialEndsAt <= now;
  if (
    row.endingAt &&
    row.endingAt <= now &&
    row.status !== 'PENDING' &&
    !(trialIsOver && row.trialEndsAt && row.trialEndsAt < row.endingAt)
  ) {
    await endSubscription(tx, row, row.endingAt);
    return;
  }
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
  const beginning = beginSubscription(
    {
      interval: plan.interval,
      billingTime: row.billingTime,
      timezone: row.billingTimezone,
      subscriptionAt: instantOf(row.subscriptionAt),
      trialDays: trialDaysOf(row, plan),
    },
    instantOf(now),
  );
  const changes = { ...columnsOf(beginning), updatedAt: now };
  await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
  const [payload] = await presentSubscriptions(tx, [{ ...row, ...changes }]);
  const type = row.status === 'PENDING' ? 'subscription.started' : 'subscription.trial_ended';
  await tell(tx, row.organizationId, now, [{ objectType: 'subscription', objectId: row.id, type, payload: payload ?? {} }]);
}

/** A trial that began keeps its length, whatever became of the plan's. */
const trialDaysOf = (row: SubscriptionRow, plan: PlanRow): number =>
  row.startedAt && row.trialEndsAt
    ? Math.round((row.trialEndsAt.getTime() - row.startedAt.getTime()) / 86_400_000)
    : plan.trialPeriod;
