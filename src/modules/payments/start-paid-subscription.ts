import { Injectable } from '@nestjs/common';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { periodContaining } from '../../domain/calendar/billing-period.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { PlanRow } from '../plans/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../subscriptions/index.ts';

/**
 * A bought subscription is paid: it goes through PROVISIONING and, as there is nothing to make for it, is ACTIVE at once. Whoever comes
 * second finds it started; the row's lock lets one in at a time.
 */
@Injectable()
export class StartPaidSubscription {
  /** `row` is locked. `period` is the provider's; without it the plan's interval from now on. Returns the row as it stands. */
  async execute(
    tx: Tx,
    row: SubscriptionRow,
    period: { readonly start: Date; readonly end: Date } | null,
    at: Date,
  ): Promise<SubscriptionRow> {
    const waits = ['PENDING_PAYMENT', 'PROVISIONING'].includes(row.status) || (row.status === 'UNPAID' && row.startedAt === null);
    if (!waits) return row;
    const { start, end } = period ?? (await this.periodFrom(tx, row, at));
    const changes = { status: 'ACTIVE', startedAt: at, currentPeriodStart: start, currentPeriodEnd: end, updatedAt: at } as const;
    const id = { organizationId: row.organizationId, id: row.id };
    await tx.update(SubscriptionRow, id, { status: 'PROVISIONING', updatedAt: at });
    await tx.update(SubscriptionRow, id, changes);
    const started = { ...row, ...changes };
    const [payload] = await presentSubscriptions(tx, [started]);
    await tell(tx, row.organizationId, at, [
      { objectType: 'subscription', objectId: row.id, type: 'subscription.started', payload: payload ?? {} },
    ]);
    return started;
  }

  private async periodFrom(tx: Tx, row: SubscriptionRow, at: Date): Promise<{ start: Date; end: Date }> {
    const plan = await tx.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
    const anchor = anchorOf({
      interval: plan.interval,
      billingTime: 'anniversary',
      timezone: row.billingTimezone,
      subscriptionAt: instantOf(at),
    });
    return { start: at, end: dateOf(periodContaining(anchor, instantOf(at)).end) };
  }
}
