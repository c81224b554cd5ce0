import { Injectable } from '@nestjs/common';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { isPutOff, settleAttention } from '../../platform/attention/needs-attention.store.ts';
import { queryIn } from '../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { byHalves } from '../../platform/jobs/by-halves.ts';
import { plannedChangeOf } from './decide-end.ts';
import { byWaking, decideWake, wakesAt } from './decide-wake.ts';
import { type Decided, saveDecided } from './decided.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { waking } from './waking.ts';

const batchSize = 200;

/** What time alone does to subscriptions: pending ones start, planned changes, ends of trials, pauses and subscriptions come. */
@Injectable()
export class WakeSubscriptions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly needsAttention: NeedsAttention,
  ) {}

  /** The same in a transaction of the caller, all or none of it; what needs attention is left alone. */
  async within(tx: Tx, organizationId: string, now: Date): Promise<void> {
    while ((await wakeRows(tx, await claim(tx, organizationId, now), now)) > 0);
  }

  /**
   * Returns how many changed. Safe beside itself: rows are claimed with SKIP LOCKED. One that cannot be taken further stays as it is,
   * needs attention and keeps no other waiting.
   */
  async execute(organizationId: string, now: Date): Promise<number> {
    let changed = 0;
    for (;;) {
      const batch = await this.wakeBatch(organizationId, now);
      changed += batch;
      // A start and an end can lie behind each other, so only a claim that changes nothing is the end.
      if (batch === 0) return changed;
    }
  }

  private async wakeBatch(organizationId: string, now: Date): Promise<number> {
    let claimed: SubscriptionRow[] = [];
    const wakeNamed = (ids?: readonly string[]): Promise<number> =>
      this.unitOfWork.run(async (tx) => {
        const rows = await claim(tx, organizationId, now, ids);
        if (!ids) claimed = rows;
        const count = await wakeRows(tx, rows, now);
        const woken = rows.map(({ id }) => id);
        if (count > 0) await settleAttention(queryIn(tx), waking.name, organizationId, woken);
        return count;
      });
    try {
      return await wakeNamed();
    } catch (error) {
      const counts = await byHalves(claimed, error, {
        work: (rows) => wakeNamed(rows.map(({ id }) => id)),
        giveUp: async ({ id, externalId }, reason) => {
          await this.needsAttention.note(waking, { organizationId, id, externalId }, reason, now);
          return 1;
        },
      });
      return counts.reduce((sum, count) => sum + count, 0);
    }
  }
}

/** Every reason why time alone changes a subscription; the next instant of each is asked by the test clock too. */
function claim(tx: Tx, organizationId: string, now: Date, ids?: readonly string[]): Promise<SubscriptionRow[]> {
  return tx
    .createQueryBuilder(SubscriptionRow, 's')
    .where('s.organizationId = :organizationId', { organizationId })
    .andWhere(ids ? 's.id in (:...ids)' : `not ${isPutOff(waking, 's.organizationId', 's.id', ':now')}`, { ids })
    .andWhere(
      `((s.status = 'PENDING' and coalesce(s.changeAt, s.subscriptionAt) <= :now) or (s.status = 'TRIAL' and s.trialEndsAt <= :now)
        or (s.status in ('ACTIVE', 'TRIAL', 'PAUSED') and s.endingAt <= :now)
        or (s.status = 'PAUSED' and s.resumeAt <= :now and not s.finalInvoiceDue))`,
      { now },
    )
    .orderBy(
      `case when s.status = 'PENDING' then coalesce(s.changeAt, s.subscriptionAt) else least(s.endingAt, case when s.status = 'TRIAL' then s.trialEndsAt end,
        case when s.status = 'PAUSED' and not s.finalInvoiceDue then s.resumeAt end) end`,
    )
    .addOrderBy('s.id')
    .limit(batchSize)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getMany();
}

const isDue = (row: SubscriptionRow, now: Date): boolean => {
  const at = wakesAt(row);
  return at !== null && at <= now;
};

/** How many changed; one that waits for another to change does not. */
async function wakeRows(tx: Tx, rows: readonly SubscriptionRow[], now: Date): Promise<number> {
  const changed = new Set<string>();
  // What one of them changed, its planned change or its successor, is claimed again as it is by then.
  for (const row of rows.toSorted(byWaking))
    if (!changed.has(row.id)) for (const { row: after } of await wake(tx, row, now)) changed.add(after.id);
  return changed.size;
}

/** Its kin is locked with it. A change waits until all that comes before it has happened to what it replaces. */
async function wake(tx: Tx, row: SubscriptionRow, now: Date): Promise<readonly Decided[]> {
  const isChange = row.status === 'PENDING' && row.changeAt !== null && row.previousSubscriptionId !== null;
  const where = { organizationId: row.organizationId, id: row.previousSubscriptionId ?? '' };
  const previous = isChange ? await tx.findOneOrFail(SubscriptionRow, { where, lock: { mode: 'pessimistic_write' } }) : null;
  if (previous && isDue(previous, now) && byWaking(previous, row) < 0) return [];
  const planned = row.status === 'PENDING' ? null : await plannedChangeOf(tx, row);
  const decided = await decideWake(tx, row, { previous, planned }, now);
  await saveDecided(tx, decided, now);
  return decided;
}
