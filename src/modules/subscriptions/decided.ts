import type { EntityManager } from 'typeorm';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { tellSubscription } from './tell-subscription.ts';

/**
 * What a verb decided of one subscription: the row as it will be. The verbs save it; a forecast only goes on from it, so both see the
 * same future.
 */
export interface Decided {
  readonly row: SubscriptionRow;
  readonly write: 'insert' | 'update' | 'nothing';
  /** Its events, in this order. */
  readonly told: readonly string[];
  /** A pause ends with it. */
  readonly pauseEndsAt?: Date | null;
}

/** Where decisions read what they need: a transaction of a verb, or any connection. */
export type Reading = EntityManager;

/** Saves and tells, in the order of the decisions; the verb's transaction holds the rows. */
export async function saveDecided(tx: Tx, decided: readonly Decided[], at: Date): Promise<void> {
  for (const { row, write, told, pauseEndsAt } of decided) {
    const { organizationId, id } = row;
    if (write === 'insert') await tx.insert(SubscriptionRow, row);
    if (write === 'update') await tx.update(SubscriptionRow, { organizationId, id }, row);
    if (pauseEndsAt) await endPause(tx, row, pauseEndsAt);
    await tellSubscription(tx, row, at, ...told);
  }
}

const endPause = (tx: Tx, { organizationId, id }: SubscriptionRow, at: Date): Promise<unknown> =>
  tx.query(
    'update subscription_pauses set resumed_at = $3 where organization_id = $1 and subscription_id = $2 and resumed_at is null',
    [organizationId, id, at],
  );
