import { Injectable } from '@nestjs/common';
import { firstPeriodEnd } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { PlanRow } from '../plans/index.ts';
import { endSubscription } from './end-subscription.ts';
import { openSubscription, termsOfPlan } from './open-subscription.ts';
import { carryOut } from './replace-subscription.ts';
import { resume } from './resume-subscription.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { tellSubscription } from './tell-subscription.ts';

const batchSize = 200;

/** What time alone does to subscriptions: pending ones start, planned changes, ends of trials, pauses and subscriptions come. */
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

/** Every reason why time alone changes a subscription; the next instant of each is asked by the test clock too. */
function claim(tx: Tx, organizationId: string, now: Date): Promise<SubscriptionRow[]> {
  return tx
    .createQueryBuilder(SubscriptionRow, 's')
    .where('s.organizationId = :organizationId', { organizationId })
    .andWhere(
      `((s.status = 'PENDING' and coalesce(s.changeAt, s.subscriptionAt) <= :now) or (s.status = 'TRIAL' and s.trialEndsAt <= :now)
        or (s.status in ('ACTIVE', 'TRIAL', 'PAUSED') and s.endingAt <= :now)
        or (s.status = 'PAUSED' and s.resumeAt <= :now and not s.finalInvoiceDue))`,
      { now },
    )
    .orderBy('s.id')
    .limit(batchSize)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getMany();
}

/** The earliest of what has come: an announced end, unless the trial ended or the pause was over before it. */
async function wake(tx: Tx, row: SubscriptionRow, now: Date): Promise<void> {
  const turn = row.status === 'TRIAL' ? row.trialEndsAt : row.status === 'PAUSED' && !row.finalInvoiceDue ? row.resumeAt : null;
  const { endingAt } = row;
  if (row.status === 'PENDING') return start(tx, row, now);
  if (endingAt && endingAt <= now && !(turn && turn < endingAt)) {
    await endSubscription(tx, row, endingAt);
  } else if (row.status === 'PAUSED') {
    await resume(tx, row, row.resumeAt ?? now);
  } else {
    await endTrial(tx, row, now);
  }
}

async function start(tx: Tx, row: SubscriptionRow, now: Date): Promise<void> {
  const { organizationId, id } = row;
  if (row.changeAt && row.previousSubscriptionId) {
    const where = { organizationId, id: row.previousSubscriptionId };
    const previous = await tx.findOneOrFail(SubscriptionRow, { where, lock: { mode: 'pessimistic_write' } });
    return carryOut(tx, row, previous, now);
  }
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId, id: row.planId });
  const opened = await openSubscription(tx, { ...row, plan, startsAt: row.subscriptionAt }, now);
  const { status, startedAt, trialEndsAt, currentPeriodStart, currentPeriodEnd } = opened;
  const changes = { status, startedAt, trialEndsAt, currentPeriodStart, currentPeriodEnd, updatedAt: now };
  await tx.update(SubscriptionRow, { organizationId, id }, changes);
  await tellSubscription(tx, { ...row, ...changes }, now, 'started');
}

/** A trial that began keeps its length, whatever became of the plan's. */
async function endTrial(tx: Tx, row: SubscriptionRow, now: Date): Promise<void> {
  const { organizationId, id } = row;
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId, id: row.planId });
  const from = instantOf(row.trialEndsAt ?? now);
  const terms = {
    ...(await termsOfPlan(tx, plan)),
    billingTime: row.billingTime,
    timezone: row.billingTimezone,
    subscriptionAt: instantOf(row.subscriptionAt),
  };
  const changes = {
    status: 'ACTIVE',
    currentPeriodStart: dateOf(from),
    currentPeriodEnd: dateOf(firstPeriodEnd(terms, from)),
    updatedAt: now,
  } as const;
  await tx.update(SubscriptionRow, { organizationId, id }, changes);
  await tellSubscription(tx, { ...row, ...changes }, now, 'trial_ended');
}
