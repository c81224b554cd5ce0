import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock, OrganizationRow } from '../../organizations/index.ts';
import { orderRefusals, orderSubscription, type SubscriptionRow } from '../../subscriptions/index.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import type { AdminCreateSubscriptionInput } from './admin.dto.ts';

/** A subscription that a provider manages, from the moment its checkout is known. */
@Injectable()
export class OrderProviderSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError organization_not_found, customer_not_found, plan_not_found, validation_errors (an id is taken) */
  async execute(input: AdminCreateSubscriptionInput): Promise<SubscriptionRow> {
    const organizationId = input.organization_id;
    if (input.resource_config && input.resource_type === undefined) throw invalid({ resource_type: ['value_is_mandatory'] });
    return this.unitOfWork.run(
      async (tx) => {
        if (!isId(organizationId) || !(await tx.existsBy(OrganizationRow, { id: organizationId })))
          throw new BillingError('organization_not_found');
        const at = await this.organizationClock.now(organizationId, tx);
        const order = {
          customer: input.external_customer_id,
          planCode: input.plan_code,
          externalId: input.external_id,
          name: input.name ?? null,
          resource: input.resource_type === undefined ? null : { type: input.resource_type, config: input.resource_config ?? {} },
        };
        const row = await orderSubscription(tx, organizationId, order, at);
        await tx.insert(ProviderSubscriptionRow, {
          organizationId,
          subscriptionId: row.id,
          provider: 'STRIPE',
          providerSubscriptionId: input.provider_subscription_id,
          providerCustomerId: null,
          providerStatus: null,
          cancelAtPeriodEnd: false,
          metadata: { ...input.metadata },
          createdAt: at,
          updatedAt: at,
        } as object);
        return row;
      },
      {
        ...orderRefusals,
        uq_provider_subscriptions_provider_id: () => invalid({ provider_subscription_id: ['value_already_exist'] }),
      },
    );
  }
}
