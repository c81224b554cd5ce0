import { Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { cascadeChange } from './overrides/cascade-change.ts';
import { readPrices } from './overrides/read-prices.ts';
import { findPlan } from './plans.queries.ts';
import { PlanRow } from './plan.entity.ts';
import { tellPlan } from './tell-plan.ts';

const codeTaken = () => invalid({ code: ['value_already_exist'] });

/**
 * Every change of a plan or of a price in it: under the plan's row lock, told as one `plan.updated`. With `cascade` subscriptions' own
 * copies of the plan follow.
 */
@Injectable()
export class ChangePlan {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError plan_not_found, and what the change throws */
  async execute<T>(
    organizationId: string,
    code: string,
    change: (tx: Tx, plan: PlanRow, at: Date) => Promise<T>,
    { cascade_updates: cascade = false }: { readonly cascade_updates?: boolean } = {},
  ): Promise<T> {
    return this.unitOfWork.run(
      async (tx) => {
        const plan = await findPlan(tx, organizationId, code, { forUpdate: true });
        const at = await this.organizationClock.now(organizationId, tx);
        const before = cascade ? await readPrices(tx, plan) : null;
        const result = await change(tx, plan, at);
        await tx.update(PlanRow, { organizationId, id: plan.id }, { updatedAt: at });
        const changed = await tx.findOneByOrFail(PlanRow, { organizationId, id: plan.id });
        if (before) await cascadeChange(tx, changed, before, at);
        await tellPlan(tx, 'plan.updated', changed, at);
        return result;
      },
      { uq_plans_code: codeTaken, uq_charges_code: codeTaken, uq_fixed_charges_code: codeTaken },
    );
  }
}
