import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { subscriptionTransitions } from '../../../domain/lifecycles/subscription.ts';
import { isId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import type { AdminUpdateSubscriptionInput } from './admin.dto.ts';
import { AskOwnVerbs } from './ask-own-verbs.ts';

/**
 * What an operator may change of a subscription by hand. One that Florin bills takes the way of the tenant's doors; of one that a provider
 * bills the provider is not told, and its next word stands again.
 */
@Injectable()
export class OverrideSubscription {
  constructor(
    private readonly dataSource: DataSource,
    private readonly askOwnVerbs: AskOwnVerbs,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed, already_canceled, validation_errors */
  async execute(id: string, input: AdminUpdateSubscriptionInput): Promise<SubscriptionRow> {
    if (input.status !== undefined && input.cancel_at_period_end) throw invalid({ cancel_at_period_end: ['value_is_invalid'] });
    const seen = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { id }) : null;
    if (!seen) throw new BillingError('subscription_not_found');
    return seen.paymentProvider === 'MANUAL' ? this.askOwnVerbs.execute(seen, input) : this.override(id, input);
  }

  private override(id: string, input: AdminUpdateSubscriptionInput): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await tx.findOneOrFail(SubscriptionRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
      const at = await this.organizationClock.now(row.organizationId, tx);
      const status = input.cancel_at_period_end ? 'CANCELED' : (input.status ?? row.status);
      // What waits for its resource becomes active with it, and by nothing else.
      const isWaiting = row.status === 'PROVISIONING' && status === 'ACTIVE';
      if (isWaiting || (status !== row.status && !subscriptionTransitions[row.status].includes(status)))
        throw new BillingError('transition_not_allowed');
      if (status === row.status) return row;
      const changes = {
        status,
        ...(status === 'CANCELED'
          ? { canceledAt: at, endingAt: input.cancel_at_period_end ? (row.currentPeriodEnd ?? at) : at }
          : { canceledAt: null, endingAt: row.status === 'CANCELED' ? null : row.endingAt }),
        updatedAt: at,
      };
      await tx.update(SubscriptionRow, { organizationId: row.organizationId, id }, changes);
      const payload = {
        lago_id: id,
        actor_type: 'admin',
        old_values: { status: row.status.toLowerCase() },
        new_values: { status: status.toLowerCase() },
      };
      const type = status === 'CANCELED' ? 'subscription.canceled' : 'subscription.updated';
      await tell(tx, row.organizationId, at, [{ objectType: 'subscription', objectId: id, type, payload }]);
      return { ...row, ...changes };
    });
  }
}
