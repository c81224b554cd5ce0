import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { closedPeriod } from './decide-end.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';
import { tellSubscription } from './tell-subscription.ts';

/**
 * Stops the billing of a subscription now: the next run bills what was used and credits what was paid beyond. The local day of
 * the pause is not billed, the day of the resumption is (docs/decisions/0021).
 */
@Injectable()
export class PauseSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed (it is not active), billed_by_provider, validation_errors (resumes before it pauses) */
  async execute(organizationId: string, externalId: string, resumeAt: Date | null): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true });
      const at = await this.organizationClock.now(organizationId, tx);
      if (row.paymentProvider !== 'MANUAL') throw new BillingError('billed_by_provider');
      if (row.status !== 'ACTIVE') throw new BillingError('transition_not_allowed');
      if (resumeAt && resumeAt <= at) throw invalid({ resume_at: ['invalid_date'] });
      const closed = await closedPeriod(tx, row, { at, isDayUsed: false });
      const changes = { ...closed, status: 'PAUSED', pausedAt: at, resumeAt, updatedAt: at } as const;
      await tx.update(SubscriptionRow, { organizationId, id: row.id }, changes);
      await tx.query('insert into subscription_pauses (organization_id, subscription_id, paused_at) values ($1, $2, $3)', [
        organizationId,
        row.id,
        at,
      ]);
      const paused = { ...row, ...changes };
      await tellSubscription(tx, paused, at, 'paused');
      return paused;
    });
  }
}
