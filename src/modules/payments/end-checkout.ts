import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../subscriptions/index.ts';
import type { ObservedCheckout } from './provider/observed.ts';
import { findOwnCheckout } from './provider/find-owner.ts';
import { adoptProviderSubscription, linkCustomer, updateLink } from './provider/provider-links.store.ts';
import type { ProviderSubscriptionRow } from './provider/provider-subscription.entity.ts';

/** Its customer and subscription are known where the provider tells of it. */
type EndedCheckout = Pick<ObservedCheckout, 'id'> &
  Partial<Pick<ObservedCheckout, 'customerId' | 'subscriptionId' | 'claimedSubscriptionId'>>;

/** A checkout that came to nothing: its delayed payment failed (UNPAID), or it expired (CANCELED). Only what still waits changes. */
@Injectable()
export class EndCheckout {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /** Undefined when the session is none of ours. */
  async execute(tx: Tx, seen: EndedCheckout, how: 'payment failed' | 'expired'): Promise<SubscriptionRow | undefined> {
    const found = await findOwnCheckout(tx, { customerId: null, subscriptionId: null, claimedSubscriptionId: null, ...seen });
    if (!found) return undefined;
    const { subscription: row, link } = found;
    if (row.status !== 'PENDING_PAYMENT') return row;
    const at = await this.organizationClock.now(row.organizationId, tx);
    const changes = {
      ...(how === 'expired' ? { status: 'CANCELED' as const, canceledAt: at, endingAt: at } : { status: 'UNPAID' as const }),
      updatedAt: at,
    };
    await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
    const error = how === 'expired' ? 'Checkout expired' : 'Payment failed';
    const kept = await updateLink(tx, link, { metadata: { ...link.metadata, error } }, at);
    await this.follow(tx, row, kept, seen, at);
    const after = { ...row, ...changes };
    const [payload] = await presentSubscriptions(tx, [after]);
    const type = how === 'expired' ? 'subscription.canceled' : 'subscription.updated';
    await tell(tx, row.organizationId, at, [{ objectType: 'subscription', objectId: row.id, type, payload: payload ?? {} }]);
    return after;
  }

  /** The provider may go on with the subscription of a payment that failed: what it says of that finds ours. */
  private async follow(
    tx: Tx,
    { organizationId, customerId }: SubscriptionRow,
    link: ProviderSubscriptionRow,
    seen: EndedCheckout,
    at: Date,
  ): Promise<void> {
    if (seen.customerId) await linkCustomer(tx, { organizationId, id: customerId }, seen.customerId, at);
    if (seen.subscriptionId) await adoptProviderSubscription(tx, link, seen.subscriptionId, at);
  }
}
