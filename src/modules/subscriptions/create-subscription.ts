import { Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { beginSubscription } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { type BillingEntityChoice, chosenBillingEntity } from '../billing-entities/index.ts';
import { findPlan } from '../plans/index.ts';
import { CustomerRow, findCustomer } from '../customers/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { ensureStream } from '../usage/index.ts';
import { billingTimezone } from './billing-timezone.ts';
import type { CreateSubscriptionInput } from './subscription.dto.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscriptions } from './subscriptions.queries.ts';

/** A customer takes a plan: at once, in the past (missed periods are then caught up) or from a later day on. */
@Injectable()
export class CreateSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError customer_not_found, plan_not_found, billing_entity_not_found, validation_errors (external id taken, currencies differ, ends before it starts) */
  async execute(organizationId: string, input: CreateSubscriptionInput, choice: BillingEntityChoice): Promise<SubscriptionRow> {
    return this.unitOfWork.run(
      async (tx) => {
        const customer = await findCustomer(tx, organizationId, input.external_customer_id, { forUpdate: true });
        const plan = await findPlan(tx, organizationId, input.plan_code, { forUpdate: true });
        const chosen = await chosenBillingEntity(tx, organizationId, choice);
        const billingEntityId = chosen?.id ?? null;
        const timezone = await billingTimezone(tx, { billingEntityId }, customer);
        const streamId = await ensureStream(tx, organizationId, input.external_id);
        const at = await this.organizationClock.now(organizationId, tx);

        if (customer.currency !== null && customer.currency !== plan.amountCurrency)
          throw invalid({ currency: ['currencies_does_not_match'] });
        // Many send events with whole seconds: those of the very second of the start belong to it.
        const subscriptionAt = input.subscription_at ?? new Date(Math.floor(at.getTime() / 1000) * 1000);
        if (input.ending_at && input.ending_at <= (subscriptionAt > at ? subscriptionAt : at))
          throw invalid({ ending_at: ['invalid_date'] });
        const billingTime = input.billing_time ?? 'calendar';
        const beginning = beginSubscription(
          {
            interval: plan.interval,
            billingTime,
            timezone,
            subscriptionAt: instantOf(subscriptionAt),
            trialDays: plan.trialPeriod,
          },
          instantOf(at),
        );

        const row: SubscriptionRow = {
          organizationId,
          id: newId(),
          externalId: input.external_id,
          customerId: customer.id,
          planId: plan.id,
          billingEntityId,
          streamId,
          name: input.name ?? null,
          billingTime,
          billingTimezone: timezone,
          paymentProvider: 'MANUAL',
          subscriptionAt,
          endingAt: input.ending_at ?? null,
          terminatedAt: null,
          canceledAt: null,
          lastInvoicedAt: null,
          finalInvoiceDue: false,
          createdAt: at,
          updatedAt: at,
          ...columnsOf(beginning),
        };
        await tx.insert(SubscriptionRow, row);
        if (customer.currency === null)
          await tx.update(CustomerRow, { organizationId, id: customer.id }, { currency: plan.amountCurrency, updatedAt: at });
        const [payload] = await presentSubscriptions(tx, [row]);
        const types = ['subscription.created', ...(row.status === 'PENDING' ? [] : ['subscription.started'])];
        await tell(
          tx,
          organizationId,
          at,
          types.map((type) => ({ objectType: 'subscription', objectId: row.id, type, payload: payload ?? {} })),
        );
        return row;
      },
      { uq_subscriptions_live_external_id: () => invalid({ external_id: ['value_already_exist'] }) },
    );
  }
}

/** The state columns of a beginning. */
export function columnsOf(
  beginning: ReturnType<typeof beginSubscription>,
): Pick<SubscriptionRow, 'status' | 'startedAt' | 'trialEndsAt' | 'currentPeriodStart' | 'currentPeriodEnd'> {
  if (beginning.status === 'PENDING')
    return { status: 'PENDING', startedAt: null, trialEndsAt: null, currentPeriodStart: null, currentPeriodEnd: null };
  const startedAt = dateOf(beginning.startedAt);
  const trialEndsAt = beginning.trialEndsAt && dateOf(beginning.trialEndsAt);
  if (beginning.status === 'TRIAL')
    return { status: 'TRIAL', startedAt, trialEndsAt, currentPeriodStart: null, currentPeriodEnd: null };
  return {
    status: 'ACTIVE',
    startedAt,
    trialEndsAt,
    currentPeriodStart: dateOf(beginning.periodStart),
    currentPeriodEnd: dateOf(beginning.periodEnd),
  };
}
