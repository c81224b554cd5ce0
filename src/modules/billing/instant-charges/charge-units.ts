import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../../../domain/calendar/span.ts';
import type { FixedChargeItem } from '../../../domain/invoicing/items.ts';
import { priceInvoice } from '../../../domain/invoicing/price-items.ts';
import { endOfBilledDays } from '../../../domain/lifecycles/end-subscription.ts';
import { type UnitsChange, unitsGrowth } from '../../../domain/lifecycles/quantity.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import { NeedsAttention } from '../../../platform/attention/needs-attention.ts';
import { settleAttention } from '../../../platform/attention/needs-attention.store.ts';
import { isOutage } from '../../../platform/database/outage.ts';
import { type Query, queryIn, queryOn } from '../../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { effectiveEntity } from '../../billing-entities/index.ts';
import { type DraftToWrite, draftInvoices } from '../../invoices/index.ts';
import { liveTime, OrganizationClock } from '../../organizations/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { periodAround } from '../billing-calendar.ts';
import { type DueSubscription, lineSettingsOf, readForPricing } from '../subscription-to-price.ts';
import { type FixedChargeFacts, loadPriceFacts } from '../price-facts.store.ts';
import { paidSinceOf, sinceOf, stepOf } from '../step-of.ts';
import { taxesOf, taxesOnDayOf } from '../taxes-of.ts';
import { claimGrowing, type GrowingSubscription, instantUnits, organizationsGrowing, takeGrowth } from './instant-units.store.ts';

/**
 * Fixed charges that are paid in advance and grow at once: the growth is invoiced for the days that are left of the period, like an
 * event that is charged at once; `uq_fees_event` knows each change once a subscription.
 */
@Injectable()
export class ChargeUnits {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly needsAttention: NeedsAttention,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** Until nothing waits that no other worker has in hand. A subscription that cannot be charged needs attention and keeps no other waiting. */
  async execute(organizationId: string): Promise<void> {
    const now = await this.organizationClock.now(organizationId);
    for (;;) {
      let claimed: GrowingSubscription | undefined;
      try {
        await this.unitOfWork.run(async (tx) => {
          claimed = await claimGrowing(queryIn(tx), organizationId, now);
          if (claimed) await this.charge(tx, organizationId, claimed.id);
        });
        if (claimed === undefined) return;
      } catch (error) {
        if (claimed === undefined || isOutage(error)) throw error;
        const { id, external_id: externalId } = claimed;
        await this.needsAttention.note(instantUnits, { organizationId, id, externalId }, error, now);
      }
    }
  }

  async forAll(): Promise<void> {
    const query = queryOn(this.dataSource);
    await this.needsAttention.forEach(instantUnits.name, await organizationsGrowing(query), await liveTime(query), (id) =>
      this.execute(id),
    );
  }

  private async charge(tx: Tx, organizationId: string, subscriptionId: string): Promise<void> {
    const query = queryIn(tx);
    const subscription = await readForPricing(query, organizationId, subscriptionId);
    if (!subscription) throw new Error(`subscription ${subscriptionId} vanished under its lock`);
    const changeIds = await takeGrowth(query, organizationId, subscriptionId);
    const drafts = await this.price(query, organizationId, subscription, changeIds);
    await draftInvoices(tx, organizationId, drafts, await this.organizationClock.now(organizationId, tx));
    await settleAttention(query, instantUnits.name, organizationId, [subscriptionId]);
  }

  private async price(
    query: Query,
    organizationId: string,
    subscription: DueSubscription,
    changeIds: ReadonlySet<string>,
  ): Promise<DraftToWrite[]> {
    const facts = await loadPriceFacts(query, organizationId, [subscription]);
    const entity = effectiveEntity(subscription);
    const drafts: DraftToWrite[] = [];
    for (const charge of facts.pricesOf(subscription).fixedCharges)
      for (const change of charge.history.changes.filter(({ id }) => changeIds.has(id))) {
        const item = growthOf(subscription, charge, change);
        if (!item) continue;
        const taxes = taxesOf(facts, subscription, await taxesOnDayOf(this.taxRates, entity, dateOf(change.at)));
        drafts.push({
          entity,
          customerId: subscription.customer_id,
          customerNumber: BigInt(subscription.customer_number),
          subscriptionId: subscription.id,
          billingRunId: null,
          invoicingReason: null,
          spans: [],
          periodStart: null,
          periodEnd: null,
          eventTransactionId: `units ${change.id}`,
          priced: priceInvoice({ ...lineSettingsOf(subscription), items: [{ ...item, taxes: taxes() }] }),
        });
      }
    return drafts;
  }
}

/** What of a change is still to be paid for in its period, up to the end of the subscription. */
function growthOf(
  subscription: DueSubscription,
  charge: FixedChargeFacts,
  change: UnitsChange,
): Omit<FixedChargeItem, 'taxes'> | null {
  const { anchor, end } = stepOf(subscription);
  const period = periodAround(subscription.bill_fixed_charges_monthly ? { ...anchor, interval: 'monthly' } : anchor, change.at);
  const since = instantOf(sinceOf(subscription));
  const paid: Span = {
    start: laterOf(period.start, paidSinceOf(subscription)),
    end: end ? earlierOf(period.end, endOfBilledDays(end, anchor.timezone, { period, since })) : period.end,
  };
  const growth = unitsGrowth(charge.history, change, paid, anchor.timezone);
  if (!growth) return null;
  const { id, name, pricing, prorated } = charge;
  return { kind: 'fixed_charge', id, name, pricing, prorated, period, ...growth };
}

const compare = (a: Temporal.Instant, b: Temporal.Instant): bigint => a.epochNanoseconds - b.epochNanoseconds;
const laterOf = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (compare(a, b) > 0n ? a : b);
const earlierOf = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (compare(a, b) < 0n ? a : b);
