import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { DataSource } from 'typeorm';
import { NeedsAttention } from '../../../platform/attention/needs-attention.ts';
import { settleAttention } from '../../../platform/attention/needs-attention.store.ts';
import { isOutage } from '../../../platform/database/outage.ts';
import { queryIn, queryOn } from '../../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { draftInvoices, keepFees } from '../../invoices/index.ts';
import { liveTime, OrganizationClock } from '../../organizations/index.ts';
import { type DueSubscription, readForPricing } from '../subscription-to-price.ts';
import { loadPriceFacts } from '../price-facts.store.ts';
import {
  claimWaiting,
  dropVain,
  instantEvents,
  organizationsWaiting,
  othersAreDone,
  settle,
  type WaitingEvent,
  waitingEvents,
  type WaitingSubscription,
} from './instant-charges.store.ts';
import { EventPricer, type InstantFee } from './price-event.ts';

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
    private readonly needsAttention: NeedsAttention,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /**
   * Until nothing waits that no other worker has in hand. Answers how many events it settled. A subscription with an event that cannot be
   * charged needs attention: what comes before that event is charged, what comes after it waits, and nobody else does.
   */
  async execute(organizationId: string): Promise<number> {
    const now = await this.organizationClock.now(organizationId);
    let settled = 0;
    const failedOnce = new Set<string>();
    await dropVain(queryOn(this.dataSource), organizationId);
    for (;;) {
      let claimed: WaitingSubscription | undefined;
      try {
        const count = await this.unitOfWork.run(async (tx) => {
          claimed = await claimWaiting(queryIn(tx), organizationId, now);
          return claimed ? this.charge(tx, organizationId, claimed, failedOnce.has(claimed.id) ? 1 : atATime) : 0;
        });
        if (claimed === undefined) return settled;
        settled += count;
      } catch (error) {
        if (claimed === undefined || isOutage(error)) throw error;
        if (failedOnce.has(claimed.id)) await this.noteFailure(organizationId, claimed, error, now);
        failedOnce.add(claimed.id);
      }
    }
  }

  /** The same, and what other workers have in hand too. */
  async completely(organizationId: string): Promise<void> {
    await this.execute(organizationId);
    await this.unitOfWork.run((tx) => othersAreDone(queryIn(tx), organizationId));
    await this.execute(organizationId);
  }

  async forAll(): Promise<void> {
    const query = queryOn(this.dataSource);
    await this.needsAttention.forEach(instantEvents.name, await organizationsWaiting(query), await liveTime(query), (id) =>
      this.execute(id),
    );
  }

  /** The first event that waits is the one that cannot be charged. */
  private async noteFailure(organizationId: string, waiting: WaitingSubscription, error: unknown, now: Date): Promise<void> {
    const { id, external_id: externalId } = waiting;
    const [event] = await waitingEvents(queryOn(this.dataSource), organizationId, id, 1);
    const part = `event ${event?.transaction_id ?? ''}`;
    await this.needsAttention.note(instantEvents, { organizationId, id, externalId, part }, error, now);
  }

  private async charge(tx: Tx, organizationId: string, waiting: WaitingSubscription, limit: number): Promise<number> {
    const query = queryIn(tx);
    const subscription = await readForPricing(query, organizationId, waiting.id);
    if (!subscription) throw new Error(`subscription ${waiting.id} vanished under its lock`);
    const at = await this.organizationClock.now(organizationId, tx);
    const facts = await loadPriceFacts(query, organizationId, [subscription]);
    // What stands without being charged counts for what is charged now, also if it came this moment.
    await dropVain(query, organizationId, subscription.stream_id);
    const events = await waitingEvents(query, organizationId, waiting.id, limit);
    const pricer = new EventPricer({ query, taxRates: this.taxRates }, { organizationId, subscription, facts });
    for (const event of events) {
      for (const fee of await pricer.price(event)) await this.write(tx, organizationId, { subscription, event, fee, at });
      await settle(query, organizationId, event.id);
    }
    await settleAttention(query, instantEvents.name, organizationId, [waiting.id]);
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
