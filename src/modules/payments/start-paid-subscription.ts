import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { CustomerRow } from '../customers/index.ts';
import { PlanRow } from '../plans/index.ts';
import { BeginProvisioning } from '../provisioning/index.ts';
import { SubscriptionRow, tellSubscription } from '../subscriptions/index.ts';
import { updateLink } from './provider/provider-links.store.ts';
import { ProviderSubscriptionRow } from './provider/provider-subscription.entity.ts';

/** A bought subscription is paid, and what was bought is made for it. Whoever comes second finds it begun. */
@Injectable()
export class StartPaidSubscription {
  constructor(private readonly beginProvisioning: BeginProvisioning) {}

  /**
   * `row` is locked. `period` is the provider's; without it the plan's interval from its start on. Returns the row as it stands. The first
   * payment fixes the customer's currency; what was paid in another one meanwhile goes back.
   */
  async execute(
    tx: Tx,
    row: SubscriptionRow,
    period: { readonly start: Date; readonly end: Date } | null,
    at: Date,
  ): Promise<SubscriptionRow> {
    const waits = ['PENDING_PAYMENT', 'PROVISIONING'].includes(row.status) || (row.status === 'UNPAID' && row.startedAt === null);
    if (!waits) return row;
    await forgetError(tx, row, at);
    return (await paysInItsCurrency(tx, row, at))
      ? this.beginProvisioning.execute(tx, row, { period, at })
      : giveBack(tx, row, at);
  }
}

/** Sets the currency of a customer that has none yet. */
async function paysInItsCurrency(tx: Tx, { organizationId, customerId, planId }: SubscriptionRow, at: Date): Promise<boolean> {
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId, id: planId });
  const where = { organizationId, id: customerId };
  await tx.update(CustomerRow, { ...where, currency: IsNull() }, { currency: plan.amountCurrency, updatedAt: at });
  return (await tx.findOneByOrFail(CustomerRow, where)).currency === plan.amountCurrency;
}

async function giveBack(tx: Tx, row: SubscriptionRow, at: Date): Promise<SubscriptionRow> {
  const { organizationId, id } = row;
  const link = await tx.findOneByOrFail(ProviderSubscriptionRow, { organizationId, subscriptionId: id });
  const metadata = { ...link.metadata, error: 'The customer pays in another currency' };
  await updateLink(tx, link, { metadata, closes: 'PURCHASE', closedAt: null }, at);
  const changes = { status: 'CANCELED', canceledAt: at, endingAt: at, updatedAt: at } as const;
  await tx.update(SubscriptionRow, { organizationId, id }, changes);
  const canceled = { ...row, ...changes };
  await tellSubscription(tx, canceled, at, 'canceled');
  return canceled;
}

/** Why an earlier attempt to pay came to nothing is no more to be read of one that is paid. */
async function forgetError(tx: Tx, { organizationId, id }: SubscriptionRow, at: Date): Promise<void> {
  const link = await tx.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId: id });
  if (link?.metadata['error'] === undefined) return;
  const { error: _, ...metadata } = link.metadata;
  await updateLink(tx, link, { metadata }, at);
}
