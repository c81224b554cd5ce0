import type { Tx } from '../../platform/database/unit-of-work.ts';
import { BillingEntityRow, effectiveEntityId } from '../billing-entities/index.ts';
import type { CustomerRow } from '../customers/index.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** The zone a subscription's days are counted in: the customer's, else that of the entity that bills it. */
export async function billingTimezone(
  tx: Tx,
  subscription: Pick<SubscriptionRow, 'billingEntityId'>,
  customer: CustomerRow,
): Promise<string> {
  if (customer.timezone !== null) return customer.timezone;
  const { organizationId } = customer;
  const id = effectiveEntityId(subscription, customer);
  return (await tx.findOneByOrFail(BillingEntityRow, { organizationId, id })).timezone;
}
