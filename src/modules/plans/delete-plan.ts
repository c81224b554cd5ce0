import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findPlan } from './plans.queries.ts';
import { deletePlanRows } from './plans.store.ts';
import { type PresentedPlan, tellPlan } from './tell-plan.ts';

const inUse = () => new BillingError('conflict', { plan: ['in_use'] });

/** Only a plan that nobody ever subscribed to goes: invoices of the others must stay explainable. */
@Injectable()
export class DeletePlan {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError plan_not_found, conflict when it has or had a subscription */
  async execute(organizationId: string, code: string): Promise<PresentedPlan> {
    return this.unitOfWork.run(
      async (tx) => {
        const row = await findPlan(tx, organizationId, code, { forUpdate: true });
        const plan = await tellPlan(tx, 'plan.deleted', row, await this.organizationClock.now(organizationId, tx));
        await deletePlanRows(tx, row);
        return plan;
      },
      {
        fk_subscriptions_plan: inUse,
        fk_provider_subscriptions_changes_to: inUse,
        fk_plans_parent: inUse,
        fk_charges_parent: inUse,
        fk_fixed_charges_parent: inUse,
      },
    );
  }
}
