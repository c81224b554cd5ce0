import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { keptFields } from '../../platform/database/kept-fields.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import {
  type BillingEntityChoice,
  BillingEntityRow,
  chosenBillingEntity,
  entityForNewBusiness,
} from '../billing-entities/index.ts';
import { CustomerRow, SaveCustomer } from '../customers/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findPlan, type PlanRow } from '../plans/index.ts';
import { ensureStream } from '../usage/index.ts';
import { decideBeginning } from './decide-beginning.ts';
import { decideChangeOfPlan } from './decide-change-of-plan.ts';
import { plannedChangeOf } from './decide-end.ts';
import { saveDecided } from './decided.ts';
import { givenOverrides, knownPlans, pricedPlan } from './price-plan.ts';
import { keptSubscriptionNames } from './kept-fields.dto.ts';
import type { CreateSubscriptionInput } from './subscription.dto.ts';
import type { Resource } from './resource.dto.ts';
import type { SubscriptionRow } from './subscription.entity.ts';
import { liveSubscription } from './subscriptions.queries.ts';

/** A customer takes a plan: at once, in the past (missed periods are then caught up) or from a later day on. */
@Injectable()
export class CreateSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly saveCustomer: SaveCustomer,
  ) {}

  /**
   * Makes the customer that is not there yet, as Lago does. `resource` is there already, or null.
   * @throws BillingError plan_not_found, billing_entity_not_found, validation_errors (external id taken, currencies
   * differ, ends before it starts), conflict (the customer has a live subscription to the resource)
   */
  async execute(
    organizationId: string,
    input: CreateSubscriptionInput,
    choice: BillingEntityChoice,
    resource: Resource | null = null,
  ): Promise<SubscriptionRow> {
    return this.unitOfWork.run(
      async (tx) => {
        const customer = await this.saveCustomer.findOrCreate(tx, organizationId, input.external_customer_id);
        const plan = await findPlan(tx, organizationId, input.plan_code, { forUpdate: true });
        const chosen = await chosenBillingEntity(tx, organizationId, choice);
        const at = await this.organizationClock.now(organizationId, tx);

        const overrides = givenOverrides(input.plan_overrides);
        const live = await liveSubscription(tx, organizationId, input.external_id);
        if (live) {
          if (live.customerId !== customer.id) throw invalid({ external_id: ['value_already_exist'] });
          const planned = live.status === 'PENDING' ? null : await plannedChangeOf(tx, live);
          const asked = await pricedPlan(tx, { plan, overrides }, await knownPlans(tx, live, planned), at);
          const kept = keptFields(keptSubscriptionNames, input, live.keptFields);
          const change = { plan: asked, ...changesOf(input, choice, chosen), keptFields: kept };
          const { decided, answer } = await decideChangeOfPlan(tx, { live, planned }, change, at);
          await saveDecided(tx, decided, at);
          return answer;
        }
        const priced = await pricedPlan(tx, { plan, overrides }, [], at);
        return this.begin(tx, { customer, plan: priced, chosen, input, resource, at });
      },
      {
        uq_subscriptions_live_external_id: () => invalid({ external_id: ['value_already_exist'] }),
        uq_subscriptions_live_resource: () => new BillingError('conflict', { resource_id: ['value_already_exist'] }),
      },
    );
  }

  private async begin(tx: Tx, { customer, plan, chosen, input, resource, at }: Beginning): Promise<SubscriptionRow> {
    const { organizationId } = customer;
    const billingEntityId = chosen?.id ?? null;
    const entity = await entityForNewBusiness(tx, organizationId, { billingEntityId }, customer);
    const streamId = await ensureStream(tx, organizationId, input.external_id);
    const beginning = { customer, plan, billingEntityId, entityTimezone: entity.timezone, streamId, resource, input };
    const decided = await decideBeginning(tx, beginning, at);
    await saveDecided(tx, [decided], at);
    if (customer.currency === null)
      await tx.update(CustomerRow, { organizationId, id: customer.id }, { currency: plan.amountCurrency, updatedAt: at });
    return decided.row;
  }
}

interface Beginning {
  readonly customer: CustomerRow;
  readonly plan: PlanRow;
  readonly chosen: BillingEntityRow | undefined;
  readonly input: CreateSubscriptionInput;
  readonly resource: Resource | null;
  readonly at: Date;
}

const changesOf = (input: CreateSubscriptionInput, choice: BillingEntityChoice, chosen: BillingEntityRow | undefined) => ({
  ...(input.name === undefined ? {} : { name: input.name }),
  ...(input.ending_at === undefined ? {} : { endingAt: input.ending_at }),
  ...(choice === 'keep' ? {} : { billingEntityId: chosen?.id ?? null }),
});
