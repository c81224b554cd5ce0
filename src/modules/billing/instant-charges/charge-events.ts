import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { log } from '../../../platform/logging/log.ts';
import { queryIn, queryOn } from '../../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { draftInvoices, keepFees } from '../../invoices/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { type DueSubscription, readForPricing } from '../subscription-to-price.ts';
import { loadPriceFacts } from '../price-facts.store.ts';
import {
  claimWaiting,
  dropVain,
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
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** Until nothing waits that no other worker has in hand. Answers how many events it settled. */
  async execute(organizationId: string): Promise<number> {
    let settled = 0;
    const refused: string[] = [];
    await dropVain(queryOn(this.dataSource), organizationId);
    for (;;) {
      let claimed: string | undefined;
      try {
        const count = await this.unitOfWork.run(async (tx) => {
          const waiting = await claimWaiting(queryIn(tx), organizationId, refused);
          claimed = waiting?.id;
          return waiting ? this.charge(tx, organizationId, waiting) : 0;
        });
        if (claimed === undefined) return settled;
        settled += count;
      } catch (error) {
        if (!(error instanceof BillingError) || claimed === undefined) throw error;
        // Somebody has to complete an address, say: its events wait for that, and keep no other subscription waiting.
        log.error('events of a subscription cannot be charged', error, {
          organization_id: organizationId,
          subscription_id: claimed,
        });
        refused.push(claimed);
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
    for (const organizationId of await organizationsWaiting(queryOn(this.dataSource))) await this.execute(organizationId);
  }

  private async charge(tx: Tx, organizationId: string, waiting: WaitingSubscription): Promise<number> {
    const query = queryIn(tx);
    const subscription = await readForPricing(query, organizationId, waiting.id);
    if (!subscription) throw new Error(`subscription ${waiting.id} vanished under its lock`);
    const at = await this.organizationClock.now(organizationId, tx);
    const facts = await loadPriceFacts(query, organizationId, [subscription]);
    // What stands without being charged counts for what is charged now, also if it came this moment.
    await dropVain(query, organizationId, subscription.stream_id);
    const events = await waitingEvents(query, organizationId, waiting.id, atATime);
    const pricer = new EventPricer({ query, taxRates: this.taxRates }, { organizationId, subscription, facts });
    for (const event of events) {
      for (const fee of await pricer.price(event)) await this.write(tx, organizationId, { subscription, event, fee, at });
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
