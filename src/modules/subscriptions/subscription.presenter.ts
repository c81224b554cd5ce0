import { periodContaining } from '../../domain/calendar/billing-period.ts';
import { localDateOf } from '../../domain/calendar/local-day.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { stepAnchorOf } from '../../domain/lifecycles/billing-step.ts';
import { dateOf, instantOf, isoOf } from '../../platform/clock/clock.ts';
import type { PlanRow } from '../plans/index.ts';
import { keptSubscriptionNames } from './kept-fields.dto.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** What a subscription shows of its neighbours. */
export interface SubscriptionContext {
  readonly externalCustomerId: string;
  readonly billingEntityCode: string;
  readonly plan: PlanRow;
  readonly nextPlanCode: string | null;
  /** When the planned change takes place. */
  readonly changeAt: Date | null;
  readonly previousPlanCode: string | null;
}

const iso = (date: Date | null): string | null => date && isoOf(date);

/** At a start in advance that is not billed yet, the running period is the one that begins. */
function periodEndOf(row: SubscriptionRow, plan: PlanRow): Date | null {
  const { currentPeriodStart: start, currentPeriodEnd: end } = row;
  if (!start || !end || start < end) return end;
  const anchor = stepAnchorOf({
    anchor: anchorOf({
      interval: plan.interval,
      billingTime: row.billingTime,
      timezone: row.billingTimezone,
      subscriptionAt: instantOf(row.subscriptionAt),
    }),
    chargesMonthly: plan.billChargesMonthly,
    fixedChargesMonthly: plan.billFixedChargesMonthly,
  });
  return dateOf(periodContaining(anchor, instantOf(start)).end);
}

export const presentSubscription = (row: SubscriptionRow, context: SubscriptionContext) => ({
  id: row.id,
  lago_id: row.id,
  external_id: row.externalId,
  lago_customer_id: row.customerId,
  external_customer_id: context.externalCustomerId,
  billing_entity_code: context.billingEntityCode,
  name: row.name,
  plan_code: context.plan.code,
  plan_display_name: context.plan.invoiceDisplayName ?? context.plan.name,
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
  current_billing_period_ending_at: iso(periodEndOf(row, context.plan)),
  last_invoiced_at: iso(row.lastInvoicedAt),
  paused_at: row.status === 'PAUSED' ? iso(row.pausedAt) : null,
  resume_at: iso(row.resumeAt),
  resumed_at: iso(row.resumedAt),
  previous_plan_code: context.previousPlanCode,
  next_plan_code: context.nextPlanCode,
  downgrade_plan_date: context.changeAt && localDateOf(instantOf(context.changeAt), row.billingTimezone).toString(),
  on_termination_credit_note: context.plan.payInAdvance ? (row.onTerminationCreditNote ?? 'credit') : null,
  on_termination_invoice: row.onTerminationInvoice ?? 'generate',
  resource_type: row.resourceType,
  resource_id: row.resourceId,
  failure_reason: row.failureReason,
  ...Object.fromEntries(keptSubscriptionNames.map((name) => [name, row.keptFields[name] ?? null])),
  created_at: iso(row.createdAt),
});
