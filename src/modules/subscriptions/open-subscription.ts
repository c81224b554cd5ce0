import { IsNull, Not } from 'typeorm';
import { beginSubscription } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import type { KeptFields } from '../../platform/database/kept-fields.ts';
import { newId } from '../../platform/database/ids.ts';
import { billsInAdvance, type PlanRow } from '../plans/index.ts';
import type { Resource } from './resource.dto.ts';
import type { Reading } from './decided.ts';
import { SubscriptionRow } from './subscription.entity.ts';

/** What the caller decides of a subscription; the rest follows from its plan and from what stood under its external id before. */
export type Opening = Pick<
  SubscriptionRow,
  | 'organizationId'
  | 'externalId'
  | 'customerId'
  | 'billingEntityId'
  | 'streamId'
  | 'name'
  | 'billingTime'
  | 'billingTimezone'
  | 'subscriptionAt'
  | 'endingAt'
> & {
  readonly plan: PlanRow;
  readonly startsAt: Date;
  readonly keptFields?: KeptFields;
  readonly previousSubscriptionId?: string | null;
  /** Null and absent: nothing has to be made for it. */
  readonly resource?: Resource | null;
};

/** A row at its beginning as of `at`, not stored yet. */
export async function openSubscription(
  reading: Reading,
  { plan, startsAt, resource, ...opening }: Opening,
  at: Date,
): Promise<SubscriptionRow> {
  const beginning = beginSubscription(
    {
      ...(await termsOfPlan(reading, plan)),
      billingTime: opening.billingTime,
      timezone: opening.billingTimezone,
      subscriptionAt: instantOf(opening.subscriptionAt),
      startsAt: instantOf(startsAt),
      firstStartedAt: instantOf(await firstStartOf(reading, opening, startsAt)),
    },
    instantOf(at),
  );
  return {
    ...opening,
    id: newId(),
    planId: plan.id,
    paymentProvider: 'MANUAL',
    previousSubscriptionId: opening.previousSubscriptionId ?? null,
    successorId: null,
    billsSuccessor: false,
    changeAt: null,
    pausedAt: null,
    resumeAt: null,
    resumedAt: null,
    onTerminationCreditNote: null,
    onTerminationInvoice: null,
    terminatedAt: null,
    canceledAt: null,
    lastInvoicedAt: null,
    finalInvoiceDue: false,
    resourceType: resource?.type ?? null,
    resourceConfig: resource?.config ?? null,
    resourceId: resource?.id ?? null,
    failureReason: null,
    keptFields: opening.keptFields ?? {},
    createdAt: at,
    updatedAt: at,
    ...columnsOf(beginning),
  };
}

/** What of a subscription's terms its plan decides. */
export async function termsOfPlan(reading: Reading, plan: PlanRow) {
  return {
    interval: plan.interval,
    chargesMonthly: plan.billChargesMonthly,
    fixedChargesMonthly: plan.billFixedChargesMonthly,
    trialDays: plan.trialPeriod,
    inAdvance: await billsInAdvance(reading, plan),
  };
}

/** The first start of this customer under this external id, else the given one. */
export async function firstStartOf(
  reading: Reading,
  { organizationId, customerId, externalId }: Pick<SubscriptionRow, 'organizationId' | 'customerId' | 'externalId'>,
  otherwise: Date,
): Promise<Date> {
  const first = await reading.findOne(SubscriptionRow, {
    where: { organizationId, customerId, externalId, startedAt: Not(IsNull()) },
    order: { startedAt: 'asc' },
  });
  return first?.startedAt ?? otherwise;
}

/** The state columns of a beginning. */
export function columnsOf(
  beginning: ReturnType<typeof beginSubscription>,
): Pick<SubscriptionRow, 'status' | 'startedAt' | 'trialEndsAt' | 'currentPeriodStart' | 'currentPeriodEnd'> {
  if (beginning.status === 'PENDING')
    return { status: 'PENDING', startedAt: null, trialEndsAt: null, currentPeriodStart: null, currentPeriodEnd: null };
  return {
    status: beginning.status,
    startedAt: dateOf(beginning.startedAt),
    trialEndsAt: beginning.trialEndsAt && dateOf(beginning.trialEndsAt),
    currentPeriodStart: dateOf(beginning.periodStart),
    currentPeriodEnd: dateOf(beginning.periodEnd),
  };
}
