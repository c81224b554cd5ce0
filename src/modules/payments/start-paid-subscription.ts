import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { BeginProvisioning } from '../provisioning/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';

/** A bought subscription is paid, and what was bought is made for it. Whoever comes second finds it begun. */
@Injectable()
export class StartPaidSubscription {
  constructor(private readonly beginProvisioning: BeginProvisioning) {}

  /** `row` is locked. `period` is the provider's; without it the plan's interval from its start on. Returns the row as it stands. */
  async execute(
    tx: Tx,
    row: SubscriptionRow,
    period: { readonly start: Date; readonly end: Date } | null,
    at: Date,
  ): Promise<SubscriptionRow> {
    const waits = ['PENDING_PAYMENT', 'PROVISIONING'].includes(row.status) || (row.status === 'UNPAID' && row.startedAt === null);
    return waits ? this.beginProvisioning.execute(tx, row, { period, at }) : row;
  }
}
