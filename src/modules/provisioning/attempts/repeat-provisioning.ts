import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { AttemptRow } from './attempt.entity.ts';
import { BeginProvisioning } from './begin-provisioning.ts';
import { latestAttempt } from './attempts.store.ts';

/** The operator has what failed made once more. */
@Injectable()
export class RepeatProvisioning {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly beginProvisioning: BeginProvisioning,
  ) {}

  /**
   * While an attempt is under way, that one. A period that has passed meanwhile is not billed after the fact: a new one begins with the
   * resource.
   * @throws BillingError subscription_not_found, transition_not_allowed (it has not failed), conflict (the payment provider has not
   * heard of the failure yet), validation_errors (its external id is taken)
   */
  async execute(id: string): Promise<{ subscription: SubscriptionRow; attempt: AttemptRow | undefined }> {
    return this.unitOfWork.run(
      async (tx) => {
        const row = isId(id) ? await tx.findOne(SubscriptionRow, { where: { id }, lock: { mode: 'pessimistic_write' } }) : null;
        if (!row) throw new BillingError('subscription_not_found');
        if (row.status !== 'FAILED' && row.status !== 'PROVISIONING') throw new BillingError('transition_not_allowed');
        const { organizationId } = row;
        if (await tx.existsBy(AttemptRow, { organizationId, subscriptionId: id, settlement: 'DUE' }))
          throw new BillingError('conflict', { subscription: ['not_settled'] });
        const at = await this.organizationClock.now(organizationId, tx);
        const isOver = row.status === 'FAILED' && row.currentPeriodEnd !== null && row.currentPeriodEnd <= at;
        const forgotten = isOver ? { currentPeriodStart: null, currentPeriodEnd: null } : {};
        if (isOver) await tx.update(SubscriptionRow, { organizationId, id }, forgotten);
        const subscription = await this.beginProvisioning.execute(tx, { ...row, ...forgotten }, { period: null, at });
        return { subscription, attempt: await latestAttempt(tx, subscription) };
      },
      { uq_subscriptions_live_external_id: () => invalid({ external_id: ['value_already_exist'] }) },
    );
  }
}
