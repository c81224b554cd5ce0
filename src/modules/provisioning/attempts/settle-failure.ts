import { Inject, Injectable } from '@nestjs/common';
import { pauseSecondsAfter } from '../../../domain/lifecycles/provisioning.ts';
import { Clock } from '../../../platform/clock/clock.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from '../paid-subscriptions.ts';
import { payloadOf } from './attempt.presenter.ts';
import { type HeldAttempt, holdAttempt, updateAttempt } from './attempts.store.ts';

/** Ends what is paid for a resource that could not be made, and gives the money back where that is wanted (D6). */
@Injectable()
export class SettleFailure {
  constructor(
    @Inject(PAID_SUBSCRIPTIONS) private readonly paidSubscriptions: PaidSubscriptions,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly clock: Clock,
  ) {}

  /** Until the provider has heard it; the subscription is FAILED for its own reason, whatever comes of this (D7). */
  async execute({ attempt, subscription }: HeldAttempt): Promise<void> {
    const { organizationId, id } = attempt;
    const key = { organization_id: organizationId, id };
    try {
      await this.paidSubscriptions.end(subscription, { refund: attempt.refunds });
    } catch (error) {
      log.error('the payment provider could not be told that a resource was not made; it is told again', error, {
        operation_id: id,
        subscription_id: subscription.id,
      });
      const settlementTries = attempt.settlementTries + 1;
      const lookAt = new Date(this.clock.now().epochMilliseconds + pauseSecondsAfter(settlementTries) * 1000);
      return this.unitOfWork.run(async (tx) => {
        const now = await holdAttempt(tx, key);
        if (now?.attempt.settlement === 'DUE') await updateAttempt(tx, now.attempt, { settlementTries, lookAt });
      });
    }
    return this.unitOfWork.run(async (tx) => {
      const now = await holdAttempt(tx, key);
      if (now?.attempt.settlement !== 'DUE') return;
      await updateAttempt(tx, now.attempt, { settlement: 'DONE', lookAt: null });
      const payload = { ...payloadOf(now.attempt, now.subscription), refunded: attempt.refunds };
      const event = { objectType: 'subscription', objectId: subscription.id, type: 'provisioning.settled', payload };
      await tell(tx, organizationId, await this.organizationClock.now(organizationId, tx), [event]);
    });
  }
}
