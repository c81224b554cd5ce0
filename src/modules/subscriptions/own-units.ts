import type { EntityManager } from 'typeorm';
import { type BillingAnchor, periodContaining } from '../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { type UnitsHistory, unitsAt, unitsPieces } from '../../domain/lifecycles/quantity.ts';
import { dateOf, instantOf, isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import { Exact } from '../../domain/money/exact.ts';
import { type FixedChargeRow, PlanRow, readUnitsChanges } from '../plans/index.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** What a subscription has of fixed charges today, and what is asked for its next period. */
export async function unitsOf(manager: EntityManager, subscription: SubscriptionRow, rows: readonly FixedChargeRow[], now: Date) {
  const { organizationId, planId } = subscription;
  const plan = await manager.findOneByOrFail(PlanRow, { organizationId, id: planId });
  const changes = await readUnitsChanges(
    manager,
    organizationId,
    rows.map((row) => row.id),
  );
  return rows.map((row) => {
    const history: UnitsHistory = {
      units: row.units,
      changes: changes
        .filter((change) => change.fixed_charge_id === row.id)
        .map((change) => ({ ...change, unitsBefore: change.units_before, at: instantOf(change.changed_at) })),
    };
    return present(history, subscription, anchorOfFixed(subscription, plan), now);
  });
}

const anchorOfFixed = (row: SubscriptionRow, plan: PlanRow): BillingAnchor =>
  anchorOf({
    interval: plan.billFixedChargesMonthly ? 'monthly' : plan.interval,
    billingTime: row.billingTime,
    timezone: row.billingTimezone,
    subscriptionAt: instantOf(row.subscriptionAt),
  });

function present(history: UnitsHistory, { startedAt, billingTimezone }: SubscriptionRow, anchor: BillingAnchor, now: Date) {
  const asked = unitsAt(history, instantOf(now));
  if (!startedAt || startedAt > now) return { units: number(asked), scheduled_units: null, scheduled_units_at: null };
  const { start, end } = periodContaining(anchor, instantOf(now));
  const since = instantOf(startedAt > dateOf(start) ? startedAt : dateOf(start));
  const today =
    unitsPieces(history, { start: since, end: instantOf(new Date(now.getTime() + 1)) }, billingTimezone).at(-1)?.units ?? asked;
  const isScheduled = Exact.parse(today).compare(Exact.parse(asked)) !== 0;
  return {
    units: number(today),
    scheduled_units: isScheduled ? number(asked) : null,
    scheduled_units_at: isScheduled ? isoOf(dateOf(end)) : null,
  };
}

const number = (units: string) => jsonNumber(Exact.parse(units).toDecimal());
