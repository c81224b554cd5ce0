import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';
import { findOwnSubscription } from './provider/find-owner.ts';
import { followWord, periodOf } from './provider/follow-word.ts';
import type { ObservedSubscription } from './provider/observed.ts';
import { ownObject } from './provider/provider-objects.store.ts';
import { adoptProviderSubscription, linkCustomer } from './provider/provider-links.store.ts';
import { StartPaidSubscription } from './start-paid-subscription.ts';

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
    const { after, begins } = await followWord(tx, { link, subscription: row }, seen, at);
    return begins ? this.startPaidSubscription.execute(tx, after, periodOf(seen), at) : after;
  }
}
