import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { keptFields } from '../../platform/database/kept-fields.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { type BillingEntityChoice, chosenBillingEntity, entityForNewBusiness } from '../billing-entities/index.ts';
import { findCustomer } from '../customers/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { ownPlan, overridePlan, type PlanOverridesInput, PlanRow } from '../plans/index.ts';
import { plannedChangeOf } from './decide-end.ts';
import { saveDecided } from './decided.ts';
import { followPlanned } from './follow-planned.ts';
import { givenOverrides } from './price-plan.ts';
import { keptSubscriptionNames } from './kept-fields.dto.ts';
import type { UpdateSubscriptionInput, WhichSubscriptionQuery } from './subscription.dto.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';
import { tellSubscription } from './tell-subscription.ts';

@Injectable()
export class UpdateSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /**
   * Absent stays, null clears. A change of billing entity holds from the next invoice on; what is made stays (I16, I21). The change that is planned follows.
   * @throws BillingError subscription_not_found, billing_entity_not_found, not_editable (it has ended), validation_errors
   */
  async execute(
    organizationId: string,
    externalId: string,
    input: UpdateSubscriptionInput,
    choice: BillingEntityChoice,
    which: WhichSubscriptionQuery = {},
  ): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true, ...which });
      const at = await this.organizationClock.now(organizationId, tx);

      if (['TERMINATED', 'CANCELED', 'FAILED'].includes(row.status)) throw new BillingError('not_editable');
      // A planned change keeps the anchor of what it replaces, which has started.
      if (input.subscription_at && (row.status !== 'PENDING' || row.changeAt))
        throw invalid({ subscription_at: ['subscription_already_started'] });
      if (input.subscription_at && input.subscription_at <= at) throw invalid({ subscription_at: ['invalid_date'] });
      const subscriptionAt = input.subscription_at ?? row.subscriptionAt;
      const endingAt = input.ending_at === undefined ? row.endingAt : input.ending_at;
      if (row.paymentProvider !== 'MANUAL' && endingAt?.getTime() !== row.endingAt?.getTime())
        throw invalid({ ending_at: ['billed_by_provider'] });
      const startsAt = row.changeAt ?? subscriptionAt;
      if (input.ending_at && input.ending_at <= (startsAt > at ? startsAt : at)) throw invalid({ ending_at: ['invalid_date'] });

      const chosen = await chosenBillingEntity(tx, organizationId, choice);
      const billingEntityId = choice === 'keep' ? row.billingEntityId : (chosen?.id ?? null);
      if (billingEntityId !== row.billingEntityId) {
        const customer = await findCustomer(tx, organizationId, row.customerId);
        await entityForNewBusiness(tx, organizationId, { billingEntityId }, customer);
      }
      const overrides = givenOverrides(input.plan_overrides);
      if (overrides) await override(tx, row, overrides, at);
      const changes = {
        billingEntityId,
        name: input.name === undefined ? row.name : input.name,
        endingAt,
        // Who takes the announced end back takes the cancellation that announced it back.
        canceledAt: endingAt === null ? null : row.canceledAt,
        subscriptionAt,
        keptFields: keptFields(keptSubscriptionNames, input, row.keptFields),
        updatedAt: at,
      };
      await tx.update(SubscriptionRow, { organizationId, id: row.id }, changes);
      const updated = await tx.findOneByOrFail(SubscriptionRow, { organizationId, id: row.id });
      await tellSubscription(tx, updated, at, 'updated');
      const planned = row.status === 'PENDING' ? null : await plannedChangeOf(tx, row);
      await saveDecided(tx, followPlanned(planned, row, updated), at);
      return updated;
    });
  }
}

/** Prices of its own for a locked subscription, in place: what is billed from now on is billed by them. */
async function override(tx: Tx, row: SubscriptionRow, overrides: PlanOverridesInput, at: Date): Promise<void> {
  const { organizationId, id } = row;
  if (row.paymentProvider !== 'MANUAL') throw invalid({ plan_overrides: ['billed_by_provider'] });
  const where = { organizationId, id: row.planId };
  const plan = await tx.findOneOrFail(PlanRow, { where, lock: { mode: 'pessimistic_write' } });
  if (overrides.amount_currency !== undefined && overrides.amount_currency !== plan.amountCurrency)
    throw invalid({ 'plan_overrides.amount_currency': ['plan_in_use'] });
  const own = await ownPlan(tx, plan, at);
  await tx.update(SubscriptionRow, { organizationId, id }, { planId: own.id });
  await overridePlan(tx, own, overrides, at);
}
