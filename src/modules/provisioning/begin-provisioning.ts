import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { SubscriptionRow } from '../subscriptions/index.ts';
import { activateSubscription, type Period } from './activate-subscription.ts';

/** What a subscription sells is made for it, and then it starts. */
@Injectable()
export class BeginProvisioning {
  /**
   * `row` is locked and waits for its resource. `period` is the one that its payment provider bills; without it the plan's
   * interval, from its activation on. Returns the row as it stands: ACTIVE at once when nothing has to be made.
   */
  async execute(tx: Tx, row: SubscriptionRow, { period, at }: Beginning): Promise<SubscriptionRow> {
    const changes = { status: 'PROVISIONING', updatedAt: at } as const;
    await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
    return activateSubscription(tx, { ...row, ...changes }, { period, resourceId: row.externalId, at });
  }
}

export interface Beginning {
  readonly period: Period | null;
  readonly at: Date;
}
