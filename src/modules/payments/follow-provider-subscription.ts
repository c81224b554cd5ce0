import { Injectable } from '@nestjs/common';
import { followProvider } from '../../domain/lifecycles/provider-subscription.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../subscriptions/index.ts';
import { findOwnSubscription } from './provider/find-owner.ts';
import { dateOrNull, type ObservedSubscription } from './provider/observed.ts';
import { ownObject } from './provider/provider-objects.store.ts';
import { adoptProviderSubscription, linkCustomer, updateLink } from './provider/provider-links.store.ts';
import { StartPaidSubscription } from './start-paid-subscription.ts';

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

/** Brings our subscription to what its provider says: period, state, and the end that is coming. */
@Injectable()
export class FollowProviderSubscription {
  constructor(
    private readonly organizationClock: OrganizationClock,
    private readonly startPaidSubscription: StartPaidSubscription,
  ) {}

  /** Undefined when it is none of ours; then nothing is touched (B30). */
  async execute(tx: Tx, seen: ObservedSubscription): Promise<SubscriptionRow | undefined> {
    const own = await findOwnSubscription(tx, { ...seen, subscriptionId: seen.id });
    if (!own) return undefined;
    const { subscription: row } = own;
    const { organizationId } = row;
    await ownObject(tx, 'subscription', seen.id, organizationId);
    const at = await this.organizationClock.now(organizationId, tx);
    const link = await adoptProviderSubscription(tx, own.link, seen.id, at);
    if (link.providerSubscriptionId !== seen.id) return undefined;
    if (seen.customerId !== null) await linkCustomer(tx, { organizationId, id: row.customerId }, seen.customerId, at);
    const followed = followProvider(
      {
        status: row.status,
        hasStarted: row.startedAt !== null,
        canceledAtMs: ms(row.canceledAt),
        endingAtMs: ms(row.endingAt),
        hadEnded: link.providerStatus === 'canceled' || link.providerStatus === 'incomplete_expired',
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
    await updateLink(
      tx,
      link,
      {
        providerStatus: seen.status,
        cancelAtPeriodEnd: seen.cancelAtPeriodEnd,
        providerCustomerId: link.providerCustomerId ?? seen.customerId,
      },
      at,
    );
    const [start, end] = [dateOrNull(seen.periodStart), dateOrNull(seen.periodEnd)];
    const period = start && end && start < end ? { start, end } : null;
    const changes = {
      status: followed.status,
      canceledAt: dateAt(followed.canceledAtMs),
      endingAt: dateAt(followed.endingAtMs),
      ...(period ? { currentPeriodStart: period.start, currentPeriodEnd: period.end } : {}),
      // A provider's subscription that is ACTIVE has started, whether or not we saw it start.
      ...(followed.status === 'ACTIVE' && row.startedAt === null ? { startedAt: period?.start ?? at } : {}),
    };
    const after = await this.write(tx, row, changes, at);
    return followed.begins ? this.startPaidSubscription.execute(tx, after, period, at) : after;
  }

  private async write(tx: Tx, row: SubscriptionRow, changes: Partial<SubscriptionRow>, at: Date): Promise<SubscriptionRow> {
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
}
