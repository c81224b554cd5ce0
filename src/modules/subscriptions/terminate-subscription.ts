import { Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { Bell } from '../../platform/jobs/bell.ts';
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
    private readonly bell: Bell,
  ) {}

  /**
   * The payment provider that bills it is told, once and until it has heard it, by the room that knows providers: the row says that it is over.
   * @throws BillingError subscription_not_found, transition_not_allowed (it has ended), validation_errors (what the provider's bills become
   * is not ours to decide)
   */
  async execute(organizationId: string, externalId: string, query: TerminateSubscriptionQuery): Promise<SubscriptionRow> {
    const ended = await this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true, status: query.status });
      if (row.paymentProvider !== 'MANUAL') refuseTerms(query);
      const at = await this.organizationClock.now(organizationId, tx);
      const decided = await decideEnd(tx, row, at, {
        planned: row.status === 'PENDING' ? null : await plannedChangeOf(tx, row),
        onTerminationCreditNote: query.on_termination_credit_note ?? null,
        onTerminationInvoice: query.on_termination_invoice ?? null,
      });
      await saveDecided(tx, decided, at);
      return decided.at(-1)?.row ?? row;
    });
    if (ended.paymentProvider !== 'MANUAL') this.bell.ring(endedAtProvider);
    return ended;
  }
}

/** Rung when a subscription has ended that a payment provider bills. */
export const endedAtProvider = 'subscriptions.ended_at_provider';

function refuseTerms({ on_termination_credit_note: credit, on_termination_invoice: invoice }: TerminateSubscriptionQuery): void {
  if (credit !== undefined && credit !== 'skip') throw invalid({ on_termination_credit_note: ['billed_by_provider'] });
  if (invoice === 'generate') throw invalid({ on_termination_invoice: ['billed_by_provider'] });
}
