import { invalid } from '../../domain/errors/billing-error.ts';
import { decidePlanChange } from '../../domain/lifecycles/change-plan.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { PlanRow } from '../plans/index.ts';
import { decideEnd } from './decide-end.ts';
import { type Change, decidePlannedChange, decideReplacement, endOfPeriod } from './decide-replacement.ts';
import type { Decided, Reading } from './decided.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

export interface DecidedChange {
  readonly decided: readonly Decided[];
  /** What the caller is shown: the successor of an upgrade, else the live one. */
  readonly answer: SubscriptionRow;
  /** When it takes place; null where nothing about the plan changes. */
  readonly changesAt: Date | null;
}

/**
 * What Lago makes of a second POST under a live external id: an upgrade at once, a downgrade at the end of the period, the same plan
 * undoes what was planned. One that has not started yet simply takes the other plan.
 * @throws BillingError validation_errors (it is paused or not active, or a payment provider bills it)
 */
export async function decideChangeOfPlan(
  reading: Reading,
  { live, planned }: { readonly live: SubscriptionRow; readonly planned: SubscriptionRow | null },
  change: Change,
  at: Date,
): Promise<DecidedChange> {
  const { organizationId } = live;
  if (live.paymentProvider !== 'MANUAL') refuseAtProvider(live, change);
  if (live.status === 'PENDING') return keeping({ ...live, planId: change.plan.id }, change, at);
  const current = await reading.findOneByOrFail(PlanRow, { organizationId, id: live.planId });
  const decision = decidePlanChange({
    current: termsOf(current),
    wanted: termsOf(change.plan),
    pendingPlanId: planned?.planId ?? null,
    now: instantOf(at),
    periodEnd: endOfPeriod(live, current, at),
  });
  if (decision.kind === 'refused') throw invalid({ [decision.field]: [decision.reason] });
  // Asked for once more, the planned change takes what is said of it now.
  if (decision.kind === 'none' && planned?.planId === change.plan.id) return { ...keeping(planned, change, at), answer: live };
  if (decision.kind === 'none') return keeping(live, change, at);
  const undone = planned ? await decideEnd(reading, planned, at) : [];
  if (decision.kind === 'cancel_pending') return keeping(live, change, at, undone);
  if (live.status !== 'ACTIVE' && live.status !== 'TRIAL') throw invalid({ subscription: ['not_active'] });
  if (decision.kind === 'upgrade') {
    const decided = [...undone, ...(await decideReplacement(reading, live, change, at))];
    return { decided, answer: decided.at(-1)?.row ?? live, changesAt: at };
  }
  const changesAt = dateOf(decision.at);
  return { decided: [...undone, ...(await decidePlannedChange(reading, live, change, changesAt, at))], answer: live, changesAt };
}

/** Two would bill: the provider goes on with what it has. Its price is changed by an upgrade of the resource, which tells the provider. */
function refuseAtProvider(live: SubscriptionRow, { plan, endingAt }: Change): void {
  if (plan.id !== live.planId) throw invalid({ plan_code: ['billed_by_provider'] });
  if (endingAt !== undefined && endingAt?.getTime() !== live.endingAt?.getTime())
    throw invalid({ ending_at: ['billed_by_provider'] });
}

const termsOf = ({ id, interval, amountCents, amountCurrency: currency }: PlanRow) => ({ id, interval, amountCents, currency });

function keeping(row: SubscriptionRow, change: Change, at: Date, undone: readonly Decided[] = []): DecidedChange {
  const kept = {
    ...row,
    name: change.name === undefined ? row.name : change.name,
    endingAt: change.endingAt === undefined ? row.endingAt : change.endingAt,
    canceledAt: change.endingAt === null ? null : row.canceledAt,
    billingEntityId: change.billingEntityId === undefined ? row.billingEntityId : change.billingEntityId,
    keptFields: change.keptFields ?? row.keptFields,
    updatedAt: at,
  };
  return { decided: [...undone, { row: kept, write: 'update', told: ['updated'] }], answer: kept, changesAt: null };
}
