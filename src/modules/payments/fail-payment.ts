import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../subscriptions/index.ts';
import { findInvoiceOwner } from './provider/find-owner.ts';
import type { ObservedInvoice } from './provider/observed.ts';
import { updateLink } from './provider/provider-links.store.ts';
import { tellOnce } from './tell-once.ts';

/** An attempt to take the money, as the provider told of it. */
interface FailedPayment extends Pick<ObservedInvoice, 'id' | 'amountDue' | 'currency' | 'attemptCount'> {
  readonly failedAt: Date;
}

/** A payment of a provider's invoice failed (B19): a purchase that never began is UNPAID, with the reason for the buyer to read. */
@Injectable()
export class FailPayment {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /**
   * `seen` is what is true of the invoice now, `said` what was true when this payment failed, however late we hear of it. Undefined when
   * the invoice is none of ours.
   */
  async execute(tx: Tx, seen: ObservedInvoice, said: FailedPayment): Promise<{ organizationId: string } | undefined> {
    const owner = await findInvoiceOwner(tx, seen);
    if (!owner) return undefined;
    const { organizationId, linked } = owner;
    const at = await this.organizationClock.now(organizationId, tx);
    const row = linked?.subscription;
    // Only the provider's own tries are counted: two by hand have one count, and a time each.
    const once = `${said.id} attempt ${said.attemptCount} at ${said.failedAt.getTime() / 1_000}`;
    await tellOnce(tx, organizationId, at, once, {
      objectType: row ? 'subscription' : 'customer',
      objectId: row?.id ?? owner.customerId,
      type: 'payment.failed',
      payload: {
        lago_customer_id: owner.customerId,
        lago_subscription_id: row?.id ?? null,
        provider_invoice_id: seen.id,
        subscription_status: row?.status.toLowerCase() ?? null,
        amount_due_cents: BigInt(said.amountDue),
        currency: said.currency,
        attempt_count: said.attemptCount,
      },
    });
    // An attempt that failed before the one that succeeded may be told after it.
    if (linked && linked.subscription.status === 'PENDING_PAYMENT' && seen.status !== 'paid') {
      const changes = { status: 'UNPAID', updatedAt: at } as const;
      await updateLink(tx, linked.link, { metadata: { ...linked.link.metadata, error: 'Payment failed' } }, at);
      await tx.update(SubscriptionRow, { organizationId, id: linked.subscription.id }, changes);
      const [payload] = await presentSubscriptions(tx, [{ ...linked.subscription, ...changes }]);
      await tell(tx, organizationId, at, [
        { objectType: 'subscription', objectId: linked.subscription.id, type: 'subscription.updated', payload: payload ?? {} },
      ]);
    }
    return { organizationId };
  }
}
