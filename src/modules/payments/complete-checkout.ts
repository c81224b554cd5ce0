import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';
import { hasEndedAtProvider } from '../../domain/lifecycles/provider-subscription.ts';
import { findOwnCheckout } from './provider/find-owner.ts';
import { linkCustomer, notePayer, updateLink, adoptProviderSubscription } from './provider/provider-links.store.ts';
import { dateOrNull, type ObservedCheckout } from './provider/observed.ts';
import { StartPaidSubscription } from './start-paid-subscription.ts';

/** What a paid checkout session changes (B1–B4): the customer is linked and has a card, the session becomes a subscription, it starts. */
@Injectable()
export class CompleteCheckout {
  constructor(
    private readonly organizationClock: OrganizationClock,
    private readonly startPaidSubscription: StartPaidSubscription,
  ) {}

  /** Undefined when the session is none of ours; an unpaid one changes nothing. */
  async execute(tx: Tx, seen: ObservedCheckout): Promise<SubscriptionRow | undefined> {
    const found = await findOwnCheckout(tx, seen);
    if (!found) return undefined;
    const { subscription } = found;
    if (!seen.isPaid) return subscription;
    const { organizationId, customerId } = subscription;
    const at = await this.organizationClock.now(organizationId, tx);
    if (seen.customerId !== null) {
      const customer = await linkCustomer(tx, { organizationId, id: customerId }, seen.customerId, at);
      if (customer) await notePayer(tx, customer, dateOrNull(seen.createdAt), at);
    }
    const metadata = { ...found.link.metadata, checkout_session_id: found.link.metadata['checkout_session_id'] ?? seen.id };
    let link = await updateLink(
      tx,
      found.link,
      { metadata, providerCustomerId: found.link.providerCustomerId ?? seen.customerId },
      at,
    );
    if (seen.subscriptionId !== null) link = await adoptProviderSubscription(tx, link, seen.subscriptionId, at);
    // Paid in a session that we had superseded or ended: the money goes back. What was canceled at the provider is settled there.
    const isOurEnd = link.closes === 'SESSION' || (link.closes === null && !hasEndedAtProvider(link.providerStatus));
    if (subscription.status === 'CANCELED' && subscription.startedAt === null && isOurEnd)
      await updateLink(tx, link, { closes: 'PURCHASE', closedAt: null }, at);
    return this.startPaidSubscription.execute(tx, subscription, null, at);
  }
}
