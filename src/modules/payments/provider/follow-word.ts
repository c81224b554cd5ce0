import { followProvider, hasEndedAtProvider } from '../../../domain/lifecycles/provider-subscription.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { presentSubscriptions, SubscriptionRow } from '../../subscriptions/index.ts';
import { dateOrNull, type ObservedSubscription } from './observed.ts';
import { type LinkedSubscription, updateLink } from './provider-links.store.ts';

/** What became of it, as one word of the outbox. */
const eventOf = (before: SubscriptionRow, after: SubscriptionRow): string => {
  if (before.status === after.status) return 'subscription.updated';
  switch (after.status) {
    case 'CANCELED':
      return 'subscription.canceled';
    case 'PAUSED':
      return 'subscription.paused';
    case 'ACTIVE':
      return before.status === 'CANCELED' || before.status === 'PAUSED' ? 'subscription.resumed' : 'subscription.updated';
    default:
      return 'subscription.updated';
  }
};

const ms = (date: Date | null): number | null => date && date.getTime();
const dateAt = (epochMs: number | null): Date | null => (epochMs === null ? null : new Date(epochMs));
const msOf = (iso: string | null): number | null => ms(dateOrNull(iso));

/** The period that the provider bills; null where it says none. */
export function periodOf(seen: ObservedSubscription): { readonly start: Date; readonly end: Date } | null {
  const [start, end] = [dateOrNull(seen.periodStart), dateOrNull(seen.periodEnd)];
  return start && end && start < end ? { start, end } : null;
}

/**
 * Brings a locked subscription to its provider's word, any number of times with one effect, and tells what became of it. `begins`: it waits for
 * being paid, and is.
 */
export async function followWord(
  tx: Tx,
  { link, subscription: row }: LinkedSubscription,
  seen: ObservedSubscription,
  at: Date,
): Promise<{ readonly after: SubscriptionRow; readonly begins: boolean }> {
  const hadEnded = hasEndedAtProvider(link.providerStatus);
  // What is over there is over; a word of before, however late, says nothing of what was begun anew here.
  if (hadEnded && !hasEndedAtProvider(seen.status)) return { after: row, begins: false };
  const followed = followProvider(
    {
      status: row.status,
      hasStarted: row.startedAt !== null,
      canceledAtMs: ms(row.canceledAt),
      endingAtMs: ms(row.endingAt),
      hadEnded,
    },
    {
      status: seen.status,
      cancelAtPeriodEnd: seen.cancelAtPeriodEnd,
      cancelAtMs: msOf(seen.cancelAt),
      canceledAtMs: msOf(seen.canceledAt),
      endedAtMs: msOf(seen.endedAt),
      periodEndMs: msOf(seen.periodEnd),
    },
    at.getTime(),
  );
  const { cancelAtPeriodEnd, status: providerStatus } = seen;
  await updateLink(
    tx,
    link,
    { providerStatus, cancelAtPeriodEnd, providerCustomerId: link.providerCustomerId ?? seen.customerId },
    at,
  );
  const period = periodOf(seen);
  const changes = {
    status: followed.status,
    canceledAt: dateAt(followed.canceledAtMs),
    endingAt: dateAt(followed.endingAtMs),
    ...(period ? { currentPeriodStart: period.start, currentPeriodEnd: period.end } : {}),
    // A provider's subscription that is ACTIVE has started, whether or not we saw it start.
    ...(followed.status === 'ACTIVE' && row.startedAt === null ? { startedAt: period?.start ?? at } : {}),
  };
  return { after: await write(tx, row, changes, at), begins: followed.begins };
}

async function write(tx: Tx, row: SubscriptionRow, changes: Partial<SubscriptionRow>, at: Date): Promise<SubscriptionRow> {
  const isSame = Object.entries(changes).every(([key, value]) => {
    const known = row[key as keyof SubscriptionRow];
    return value instanceof Date && known instanceof Date ? value.getTime() === known.getTime() : value === known;
  });
  if (isSame) return row;
  const after = { ...row, ...changes, updatedAt: at };
  await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, { ...changes, updatedAt: at } as object);
  const [payload] = await presentSubscriptions(tx, [after]);
  await tell(tx, row.organizationId, at, [
    { objectType: 'subscription', objectId: row.id, type: eventOf(row, after), payload: payload ?? {} },
  ]);
  return after;
}
