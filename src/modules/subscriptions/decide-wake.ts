import { firstPeriodEnd } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { PlanRow } from '../plans/index.ts';
import { decideEnd } from './decide-end.ts';
import { decideTakeover } from './decide-replacement.ts';
import type { Decided, Reading } from './decided.ts';
import { openSubscription, termsOfPlan } from './open-subscription.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** What has to do with a subscription that wakes. */
export interface Kin {
  /** Of a planned change: whose place it takes. */
  readonly previous: SubscriptionRow | null;
  /** The change that is planned for it. */
  readonly planned: SubscriptionRow | null;
}

/** When time alone changes a subscription next; null: never. The claim of `WakeSubscriptions` is the same as SQL. */
export function wakesAt(row: SubscriptionRow): Date | null {
  const { status, endingAt } = row;
  if (status === 'PENDING') return row.changeAt ?? row.subscriptionAt;
  if (!['ACTIVE', 'TRIAL', 'PAUSED'].includes(status)) return null;
  const turn = turnOf(row);
  if (turn && endingAt) return turn < endingAt ? turn : endingAt;
  return turn ?? endingAt;
}

/** In the order of time, however late they are woken; at one instant an end comes before the change that was planned for it. */
export function byWaking(a: SubscriptionRow, b: SubscriptionRow): number {
  const apart = (wakesAt(a)?.getTime() ?? Infinity) - (wakesAt(b)?.getTime() ?? Infinity);
  if (apart) return apart;
  if ((a.status === 'PENDING') !== (b.status === 'PENDING')) return a.status === 'PENDING' ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** The end of its trial or of its pause. */
const turnOf = (row: SubscriptionRow): Date | null =>
  row.status === 'TRIAL' ? row.trialEndsAt : row.status === 'PAUSED' && !row.finalInvoiceDue ? row.resumeAt : null;

/** The earliest of what has come: an announced end, unless the trial ended or the pause was over before it. */
export async function decideWake(
  reading: Reading,
  row: SubscriptionRow,
  { previous, planned }: Kin,
  now: Date,
): Promise<readonly Decided[]> {
  const turn = turnOf(row);
  const { endingAt } = row;
  if (row.status === 'PENDING')
    return row.changeAt && previous ? decideTakeover(reading, row, previous, now) : decideStart(reading, row, now);
  if (endingAt && endingAt <= now && !(turn && turn < endingAt)) return decideEnd(reading, row, endingAt, { planned });
  return row.status === 'PAUSED' ? decideResumption(reading, row, row.resumeAt ?? now) : [endOfTrial(row, now)];
}

async function decideStart(reading: Reading, row: SubscriptionRow, now: Date): Promise<Decided[]> {
  const plan = await planOf(reading, row);
  const opened = await openSubscription(reading, { ...row, plan, startsAt: row.subscriptionAt }, now);
  const { status, startedAt, trialEndsAt, currentPeriodStart, currentPeriodEnd } = opened;
  const started = { ...row, status, startedAt, trialEndsAt, currentPeriodStart, currentPeriodEnd, updatedAt: now };
  return [{ row: started, write: 'update', told: ['started'] }];
}

/** A trial that began keeps its length, whatever became of the plan's. The generator bills what begins at its end. */
const endOfTrial = (row: SubscriptionRow, now: Date): Decided => ({
  row: { ...row, status: 'ACTIVE', updatedAt: now },
  write: 'update',
  told: ['trial_ended'],
});

/** A paused subscription runs on from `at`, on its old anchor. */
export async function decideResumption(reading: Reading, row: SubscriptionRow, at: Date): Promise<readonly [Decided]> {
  const resumed = {
    ...row,
    status: 'ACTIVE',
    resumeAt: null,
    resumedAt: at,
    currentPeriodStart: at,
    currentPeriodEnd: await firstEndFrom(reading, row, at),
    updatedAt: at,
  } as const;
  return [{ row: resumed, write: 'update', told: ['resumed'], pauseEndsAt: at }];
}

/** The end of the first period that is billed from `start`. */
async function firstEndFrom(reading: Reading, row: SubscriptionRow, start: Date): Promise<Date> {
  const terms = {
    ...(await termsOfPlan(reading, await planOf(reading, row))),
    billingTime: row.billingTime,
    timezone: row.billingTimezone,
    subscriptionAt: instantOf(row.subscriptionAt),
  };
  return dateOf(firstPeriodEnd(terms, instantOf(start)));
}

const planOf = (reading: Reading, { organizationId, planId }: SubscriptionRow): Promise<PlanRow> =>
  reading.findOneByOrFail(PlanRow, { organizationId, id: planId });
