import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { paidUntil, SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from '../paid-subscriptions.ts';

/** A customer wants no further period: it stays usable until the one that runs is over (D18). */
@Injectable()
export class CancelWithPeriod {
  constructor(
    @Inject(PAID_SUBSCRIPTIONS) private readonly paidSubscriptions: PaidSubscriptions,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /**
   * The payment provider is told first: if we die before we wrote it down, its own word says the same. What Florin bills itself runs on
   * until the end, and is billed for it then.
   * @throws BillingError already_canceled, transition_not_allowed (it does not run)
   */
  async execute({ organizationId, id }: Pick<SubscriptionRow, 'organizationId' | 'id'>): Promise<SubscriptionRow> {
    // A step of its own: when the request is taken up again, it does not meet what it did itself.
    const seen = await this.unitOfWork.run(async (tx) => {
      const row = await tx.findOneByOrFail(SubscriptionRow, { organizationId, id });
      refuseUnlessRunning(row);
      return row;
    });
    await this.paidSubscriptions.endWithPeriod(seen);
    return this.unitOfWork.run(async (tx) => {
      const row = await tx.findOneOrFail(SubscriptionRow, {
        where: { organizationId, id },
        lock: { mode: 'pessimistic_write' },
      });
      // The provider's own word of it may have been faster.
      if (row.status === 'CANCELED') return row;
      refuseUnlessRunning(row);
      const at = await this.organizationClock.now(organizationId, tx);
      const endingAt = await paidUntil(tx, row, at);
      const isOurs = row.paymentProvider === 'MANUAL';
      const changes = { ...(isOurs ? {} : { status: 'CANCELED' as const }), canceledAt: at, endingAt, updatedAt: at };
      await tx.update(SubscriptionRow, { organizationId, id }, changes);
      const canceled = { ...row, ...changes };
      await tellSubscription(tx, canceled, at, 'canceled');
      return canceled;
    });
  }
}

function refuseUnlessRunning({ status, canceledAt }: SubscriptionRow): void {
  if (status === 'CANCELED' || (canceledAt !== null && status !== 'TERMINATED')) throw new BillingError('already_canceled');
  if (!['ACTIVE', 'TRIAL', 'PAST_DUE', 'PAUSED'].includes(status)) throw new BillingError('transition_not_allowed');
}
