import { isoOf } from '../../platform/clock/clock.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** What a subscription shows of its neighbours. */
export interface SubscriptionContext {
  readonly externalCustomerId: string;
  readonly billingEntityCode: string;
  readonly plan: { readonly code: string; readonly amountCents: bigint; readonly amountCurrency: string };
}

const iso = (date: Date | null): string | null => date && isoOf(date);

export const presentSubscription = (row: SubscriptionRow, context: SubscriptionContext) => ({
  id: row.id,
  lago_id: row.id,
  external_id: row.externalId,
  lago_customer_id: row.customerId,
  external_customer_id: context.externalCustomerId,
  billing_entity_code: context.billingEntityCode,
  name: row.name,
  plan_code: context.plan.code,
  plan_amount_cents: context.plan.amountCents,
  plan_amount_currency: context.plan.amountCurrency,
  status: row.status.toLowerCase(),
  billing_time: row.billingTime,
  payment_provider: row.paymentProvider.toLowerCase(),
  subscription_at: iso(row.subscriptionAt),
  started_at: iso(row.startedAt),
  trial_ended_at: row.status === 'TRIAL' ? null : iso(row.trialEndsAt),
  trial_ends_at: iso(row.trialEndsAt),
  ending_at: iso(row.endingAt),
  terminated_at: iso(row.terminatedAt),
  canceled_at: iso(row.canceledAt),
  current_billing_period_started_at: iso(row.currentPeriodStart),
  current_billing_period_ending_at: iso(row.currentPeriodEnd),
  last_invoiced_at: iso(row.lastInvoicedAt),
  previous_plan_code: null,
  next_plan_code: null,
  downgrade_plan_date: null,
  created_at: iso(row.createdAt),
});
