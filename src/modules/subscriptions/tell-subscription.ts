import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import type { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscriptions } from './subscriptions.queries.ts';

/** Tells `subscription.<what>` for each word, with the whole wire object. */
export async function tellSubscription(tx: Tx, row: SubscriptionRow, at: Date, ...words: string[]): Promise<void> {
  const [payload] = await presentSubscriptions(tx, [row]);
  await tell(
    tx,
    row.organizationId,
    at,
    words.map((word) => ({
      objectType: 'subscription',
      objectId: row.id,
      type: `subscription.${word}`,
      payload: payload ?? {},
    })),
  );
}
