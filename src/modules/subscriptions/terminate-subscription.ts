import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { decideEnd, plannedChangeOf } from './decide-end.ts';
import { saveDecided } from './decided.ts';
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
      const at = await this.organizationClock.now(organizationId, tx);
      const decided = await decideEnd(tx, row, at, {
        planned: row.status === 'PENDING' ? null : await plannedChangeOf(tx, row),
        onTerminationCreditNote: query.on_termination_credit_note ?? null,
        onTerminationInvoice: query.on_termination_invoice ?? null,
      });
      await saveDecided(tx, decided, at);
      return decided.at(-1)?.row ?? row;
    });
  }
}
