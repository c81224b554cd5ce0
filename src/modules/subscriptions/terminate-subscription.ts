import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { endSubscription } from './end-subscription.ts';
import type { TerminateSubscriptionQuery } from './subscription.dto.ts';
import type { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';

/** Ends a subscription now; the next run bills what it used up to this instant. One that never started is canceled. */
@Injectable()
export class TerminateSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed (it has ended) */
  async execute(organizationId: string, externalId: string, query: TerminateSubscriptionQuery): Promise<SubscriptionRow> {
    const status = query.status === 'pending' ? 'PENDING' : query.status === 'active' ? 'ACTIVE' : undefined;
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true, ...(status ? { status } : {}) });
      return endSubscription(tx, row, await this.organizationClock.now(organizationId, tx), {
        onTerminationCreditNote: query.on_termination_credit_note ?? null,
        onTerminationInvoice: query.on_termination_invoice ?? null,
      });
    });
  }
}
