import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { decideResumption } from './decide-wake.ts';
import { saveDecided } from './decided.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';

/** Ends a pause now. While the time before the pause is still to be billed, the resumption waits for it and counts from now. */
@Injectable()
export class ResumeSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed (it is not paused), billed_by_provider */
  async execute(organizationId: string, externalId: string): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true });
      const at = await this.organizationClock.now(organizationId, tx);
      if (row.paymentProvider !== 'MANUAL') throw new BillingError('billed_by_provider');
      if (row.status !== 'PAUSED') throw new BillingError('transition_not_allowed');
      if (row.finalInvoiceDue) {
        await tx.update(SubscriptionRow, { organizationId, id: row.id }, { resumeAt: at, updatedAt: at });
        return { ...row, resumeAt: at, updatedAt: at };
      }
      const [resumed] = await decideResumption(tx, row, at);
      await saveDecided(tx, [resumed], at);
      return resumed.row;
    });
  }
}
