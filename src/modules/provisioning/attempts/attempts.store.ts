import type { DataSource, EntityManager } from 'typeorm';
import { readStatement, runStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { AttemptRow } from './attempt.entity.ts';

const claim = {
  name: 'provisioning_attempts.claim',
  text: `with mine as (
      select a.organization_id, a.id from provisioning_attempts a where a.look_at is not null and (a.look_at <= clock_timestamp()
        or (a.finished_at is null and exists (select from operations o where o.organization_id = a.organization_id and o.id = a.id and o.cancel_requested)))
      order by a.look_at limit $1 for update of a skip locked)
    update provisioning_attempts a set look_at = clock_timestamp() + $2::int * interval '1 second' from mine
    where a.organization_id = mine.organization_id and a.id = mine.id returning a.organization_id, a.id`,
};

export interface AttemptKey {
  readonly organization_id: string;
  readonly id: string;
}

/** Attempts that somebody has to look at, for this worker alone until the lease is over; those of a dead worker come again then. */
export const claimAttempts = (dataSource: DataSource, limit: number, leaseSeconds: number): Promise<AttemptKey[]> =>
  readStatement<AttemptKey>(dataSource, claim, [limit, leaseSeconds]);

const open = {
  name: 'provisioning_attempts.open',
  text: `insert into provisioning_attempts (organization_id, id, subscription_id, status, look_at, deadline_at, refunds, created_at)
    values ($1, $2, $3, 'REQUESTED', $4, $5, $6, $4)
    on conflict (organization_id, subscription_id) where status <> 'FAILED' do nothing returning id`,
};

/** False: another trigger has begun, or had it made; the unique index says so, not a look beforehand. */
export async function openAttempt(
  tx: Tx,
  attempt: Pick<AttemptRow, 'organizationId' | 'id' | 'subscriptionId' | 'deadlineAt' | 'refunds' | 'createdAt'>,
): Promise<boolean> {
  const { organizationId, id, subscriptionId, createdAt, deadlineAt, refunds } = attempt;
  return (await runStatement(tx, open, [organizationId, id, subscriptionId, createdAt, deadlineAt, refunds])).length > 0;
}

/** An attempt and its subscription, both locked: the subscription first, as everywhere. */
export interface HeldAttempt {
  readonly attempt: AttemptRow;
  readonly subscription: SubscriptionRow;
}

export async function holdAttempt(tx: Tx, { organization_id: organizationId, id }: AttemptKey): Promise<HeldAttempt | undefined> {
  const seen = await tx.findOneBy(AttemptRow, { organizationId, id });
  if (!seen) return undefined;
  const lock = { mode: 'pessimistic_write' } as const;
  const subscription = await tx.findOneOrFail(SubscriptionRow, { where: { organizationId, id: seen.subscriptionId }, lock });
  const attempt = await tx.findOneOrFail(AttemptRow, { where: { organizationId, id }, lock });
  return { attempt, subscription };
}

export async function updateAttempt(tx: Tx, { organizationId, id }: AttemptRow, changes: Partial<AttemptRow>): Promise<void> {
  await tx.update(AttemptRow, { organizationId, id }, changes);
}

const cancelRequested = {
  name: 'provisioning_attempts.cancel_requested',
  text: 'select from operations where organization_id = $1 and id = $2 and cancel_requested',
};

/** Whether somebody asked its operation to stop. */
export const cancelWanted = async (tx: Tx, { organizationId, id }: AttemptRow): Promise<boolean> =>
  (await runStatement(tx, cancelRequested, [organizationId, id])).length > 0;

/** What became last of having this subscription's resource made. */
export async function latestAttempt(
  manager: EntityManager,
  { organizationId, id: subscriptionId }: Pick<SubscriptionRow, 'organizationId' | 'id'>,
): Promise<AttemptRow | undefined> {
  const where = { organizationId, subscriptionId };
  return (await manager.findOne(AttemptRow, { where, order: { createdAt: 'desc', id: 'desc' } })) ?? undefined;
}
