import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryIn, queryOn } from '../../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { draftInvoices, keepFees } from '../../invoices/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { type DueSubscription, readForPricing } from '../due-subscriptions.store.ts';
import { loadPriceFacts } from '../price-facts.store.ts';
import { claimWaiting, organizationsWaiting, settle, type WaitingEvent, waitingEvents } from './instant-charges.store.ts';
import { type InstantFee, priceEvent } from './price-event.ts';

/** Events of one subscription that are charged in one transaction. */
const atATime = 50;

/**
 * Charges that are paid in advance: each event becomes a fee at once, on an invoice of its own unless its charge is not invoiced.
 * A fee, its invoice and the end of the event's waiting are one transaction, and `uq_fees_event` knows each event once.
 */
@Injectable()
export class ChargeEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** Until nothing waits that no other worker has in hand. Answers how many events it settled. */
  async execute(organizationId: string): Promise<number> {
    let settled = 0;
    for (;;) {
      const count = await this.unitOfWork.run((tx) => this.chargeNext(tx, organizationId));
      if (count === 0) return settled;
      settled += count;
    }
  }

  async forAll(): Promise<void> {
    for (const organizationId of await organizationsWaiting(queryOn(this.dataSource))) await this.execute(organizationId);
  }

  private async chargeNext(tx: Tx, organizationId: string): Promise<number> {
    const query = queryIn(tx);
    const waiting = await claimWaiting(query, organizationId);
    if (!waiting) return 0;
    const subscription = await readForPricing(query, organizationId, waiting.id);
    if (!subscription) throw new Error(`subscription ${waiting.id} vanished under its lock`);
    const at = await this.organizationClock.now(organizationId, tx);
    const facts = await loadPriceFacts(query, organizationId, [subscription]);
    const events = await waitingEvents(query, organizationId, waiting.id, atATime);
    for (const event of events) {
      // One after the other: what an event costs depends on what those before it were charged.
      for (const fee of await priceEvent(query, { organizationId, subscription, waiting, event, facts }))
        await this.write(tx, organizationId, { subscription, event, fee, at });
      await settle(query, organizationId, event.id);
    }
    return events.length;
  }

  private async write(
    tx: Tx,
    organizationId: string,
    { subscription, event, fee, at }: { subscription: DueSubscription; event: WaitingEvent; fee: InstantFee; at: Date },
  ): Promise<void> {
    const { entity, invoiceable, priced } = fee;
    const eventTransactionId = event.transaction_id;
    if (!invoiceable) {
      await keepFees(
        tx,
        organizationId,
        { billingEntityId: entity.id, subscriptionId: subscription.id, eventTransactionId, priced },
        at,
      );
      return;
    }
    const draft = {
      entity,
      customerId: subscription.customer_id,
      customerNumber: BigInt(subscription.customer_number),
      subscriptionId: subscription.id,
      billingRunId: null,
      invoicingReason: null,
      spans: [],
      periodStart: null,
      periodEnd: null,
      eventTransactionId,
      priced,
    };
    await draftInvoices(tx, organizationId, [draft], at);
  }
}
