import { Inject, Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { findPlan, PlanRow } from '../../plans/index.ts';
import { CreateSubscription, type SubscriptionRow } from '../../subscriptions/index.ts';
import { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from '../paid-subscriptions.ts';

/** A resource is sold by another plan from now on (D15). */
@Injectable()
export class UpgradeResource {
  constructor(
    @Inject(PAID_SUBSCRIPTIONS) private readonly paidSubscriptions: PaidSubscriptions,
    private readonly unitOfWork: UnitOfWork,
    private readonly createSubscription: CreateSubscription,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * What Florin bills changes its plan as any subscription does: at once when it becomes dearer, else with the period. What a payment
   * provider bills changes its price there first, and the provider settles the difference.
   * @throws BillingError billing_disabled, plan_not_found, transition_not_allowed (it does not run), conflict (another change is not settled
   * yet), validation_errors (the same plan, another currency), those of the provider
   */
  async execute(row: SubscriptionRow, planCode: string): Promise<SubscriptionRow> {
    if (!this.config.billingEnabled) throw new BillingError('billing_disabled');
    const { organizationId } = row;
    // A step of its own: when the request is taken up again, it does not meet what it did itself.
    const plan = await this.unitOfWork.run((tx) => planToTake(tx, row, planCode));
    if (row.paymentProvider === 'MANUAL')
      return this.createSubscription.execute(
        organizationId,
        { external_customer_id: row.customerId, plan_code: plan.code, external_id: row.externalId },
        'keep',
      );
    return this.paidSubscriptions.changePlan(row, plan);
  }
}

async function planToTake(tx: Tx, { organizationId, planId, status }: SubscriptionRow, planCode: string): Promise<PlanRow> {
  const plan = await findPlan(tx, organizationId, planCode);
  if (!['ACTIVE', 'TRIAL'].includes(status)) throw new BillingError('transition_not_allowed');
  const current = await tx.findOneByOrFail(PlanRow, { organizationId, id: planId });
  if (plan.id === current.id) throw invalid({ plan_code: ['value_already_exist'] });
  if (plan.amountCurrency !== current.amountCurrency) throw invalid({ currency: ['currencies_does_not_match'] });
  return plan;
}
