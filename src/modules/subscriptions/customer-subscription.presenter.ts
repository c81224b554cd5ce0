import { type EntityManager, In } from 'typeorm';
import { isoOf } from '../../platform/clock/clock.ts';
import { PlanRow } from '../plans/index.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** Subscriptions of one organization as their customer sees them. */
export async function presentForCustomer(manager: EntityManager, rows: readonly SubscriptionRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const plans = await manager.findBy(PlanRow, { organizationId, id: In(rows.map((row) => row.planId)) });
  const planById = new Map(plans.map((plan) => [plan.id, plan]));
  return rows.map((row) => {
    const plan = planById.get(row.planId);
    if (!plan) throw new Error(`subscription ${row.id} lost its plan`);
    return present(row, plan);
  });
}

/** What its customer has canceled is canceled to it, although it runs until `ends_at`. */
const statusOf = ({ status, canceledAt }: SubscriptionRow): string =>
  canceledAt !== null && ['ACTIVE', 'TRIAL', 'PAUSED'].includes(status) ? 'canceled' : status.toLowerCase();

const iso = (date: Date | null): string | null => date && isoOf(date);

const present = (row: SubscriptionRow, plan: PlanRow) => ({
  id: row.id,
  external_id: row.externalId,
  name: row.name,
  resource_type: row.resourceType,
  resource_id: row.resourceId,
  failure_reason: row.failureReason,
  plan_name: plan.code,
  plan_display_name: plan.invoiceDisplayName ?? plan.name,
  billing_interval: plan.interval,
  status: statusOf(row),
  base_price_cents: plan.amountCents,
  currency: plan.amountCurrency,
  current_period_start: iso(row.currentPeriodStart),
  current_period_end: iso(row.currentPeriodEnd),
  started_at: iso(row.startedAt),
  canceled_at: iso(row.canceledAt),
  ends_at: iso(row.terminatedAt ?? row.endingAt),
  created_at: isoOf(row.createdAt),
});
