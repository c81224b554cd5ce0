import { IsNull, Not } from 'typeorm';
import { invalid } from '../../domain/errors/billing-error.ts';
import { keptFields } from '../../platform/database/kept-fields.ts';
import type { CustomerRow } from '../customers/index.ts';
import type { PlanRow } from '../plans/index.ts';
import type { Decided, Reading } from './decided.ts';
import { type KeptSubscriptionFields, keptSubscriptionNames } from './kept-fields.dto.ts';
import { openSubscription } from './open-subscription.ts';
import type { Resource } from './resource.dto.ts';
import type { CreateSubscriptionInput } from './subscription.dto.ts';
import { SubscriptionRow } from './subscription.entity.ts';

export interface Beginning {
  readonly customer: Pick<CustomerRow, 'organizationId' | 'id' | 'timezone' | 'currency'>;
  readonly plan: PlanRow;
  /** Its own; null inherits the customer's. */
  readonly billingEntityId: string | null;
  /** Of the entity that will bill it. */
  readonly entityTimezone: string;
  readonly streamId: string;
  /** Is there already, or null. */
  readonly resource: Resource | null;
  readonly input: Pick<CreateSubscriptionInput, 'external_id' | 'name' | 'billing_time' | 'subscription_at' | 'ending_at'> &
    KeptSubscriptionFields;
}

/** A customer takes a plan under a free external id. @throws BillingError validation_errors (currencies differ, ends before it starts) */
export async function decideBeginning(reading: Reading, beginning: Beginning, at: Date): Promise<Decided> {
  const { customer, plan, billingEntityId, entityTimezone, streamId, resource, input } = beginning;
  if (customer.currency !== null && customer.currency !== plan.amountCurrency)
    throw invalid({ currency: ['currencies_does_not_match'] });
  // Many send events with whole seconds: those of the very second of the start belong to it.
  const subscriptionAt = input.subscription_at ?? new Date(Math.floor(at.getTime() / 1000) * 1000);
  if (input.ending_at && input.ending_at <= later(subscriptionAt, at)) throw invalid({ ending_at: ['invalid_date'] });
  const identity = { organizationId: customer.organizationId, externalId: input.external_id, customerId: customer.id };
  const row = await openSubscription(
    reading,
    {
      ...identity,
      billingEntityId,
      streamId,
      name: input.name ?? null,
      billingTime: input.billing_time ?? 'calendar',
      billingTimezone: customer.timezone ?? entityTimezone,
      subscriptionAt,
      endingAt: input.ending_at ?? null,
      plan,
      keptFields: keptFields(keptSubscriptionNames, input),
      resource,
      startsAt: later(subscriptionAt, await lastEndOf(reading, identity)),
    },
    at,
  );
  return { row, write: 'insert', told: ['created', ...(row.status === 'PENDING' ? [] : ['started'])] };
}

const later = (a: Date, b: Date | null): Date => (b && b > a ? b : a);

/** What was billed under an external id is not billed again by the next one that takes it, even on an older anchor. */
async function lastEndOf(
  reading: Reading,
  identity: Pick<SubscriptionRow, 'organizationId' | 'customerId' | 'externalId'>,
): Promise<Date | null> {
  const where = { ...identity, terminatedAt: Not(IsNull()) };
  const last = await reading.findOne(SubscriptionRow, { where, order: { terminatedAt: 'desc' } });
  return last?.terminatedAt ?? null;
}
