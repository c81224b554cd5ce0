import { invalid } from '../../domain/errors/billing-error.ts';
import type { Refusals, Tx } from '../../platform/database/unit-of-work.ts';
import { entityForNewBusiness } from '../billing-entities/index.ts';
import { findCustomer } from '../customers/index.ts';
import { findPlan } from '../plans/index.ts';
import { ensureStream } from '../usage/index.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { openSubscription } from './open-subscription.ts';
import type { Resource } from './resource.dto.ts';
import { tellSubscription } from './tell-subscription.ts';

export interface SubscriptionOrder {
  /** Chosen by the caller who had to name it before it is stored. */
  readonly id?: string;
  readonly customer: string;
  readonly planCode: string;
  readonly externalId: string;
  readonly name: string | null;
  /** What is made for it once it is paid. */
  readonly resource?: Omit<Resource, 'id'> | null;
}

/** What the caller's transaction may be refused by. */
export const orderRefusals: Refusals = {
  uq_subscriptions_live_external_id: () => invalid({ external_id: ['value_already_exist'] }),
};

/**
 * A subscription that is bought at a payment provider: PENDING_PAYMENT until that says it is paid, then renewed and billed there.
 * What nobody has paid fixes nothing: the customer's currency is set by the payment.
 * @throws BillingError customer_not_found, plan_not_found, validation_errors (currencies differ)
 */
export async function orderSubscription(
  tx: Tx,
  organizationId: string,
  order: SubscriptionOrder,
  at: Date,
): Promise<SubscriptionRow> {
  const customer = await findCustomer(tx, organizationId, order.customer, { forUpdate: true });
  const plan = await findPlan(tx, organizationId, order.planCode, { forUpdate: true });
  if (customer.currency !== null && customer.currency !== plan.amountCurrency)
    throw invalid({ currency: ['currencies_does_not_match'] });
  const entity = await entityForNewBusiness(tx, organizationId, { billingEntityId: null }, customer);
  const opened = await openSubscription(
    tx,
    {
      organizationId,
      externalId: order.externalId,
      customerId: customer.id,
      billingEntityId: null,
      streamId: await ensureStream(tx, organizationId, order.externalId),
      name: order.name,
      billingTime: 'anniversary',
      billingTimezone: customer.timezone ?? entity.timezone,
      subscriptionAt: at,
      endingAt: null,
      plan,
      startsAt: at,
      resource: order.resource ? { ...order.resource, id: null } : null,
    },
    at,
  );
  const row: SubscriptionRow = { ...opened, ...waiting, id: order.id ?? opened.id };
  await tx.insert(SubscriptionRow, row);
  await tellSubscription(tx, row, at, 'created');
  return row;
}

const waiting = {
  status: 'PENDING_PAYMENT',
  paymentProvider: 'STRIPE',
  startedAt: null,
  trialEndsAt: null,
  currentPeriodStart: null,
  currentPeriodEnd: null,
} as const;
