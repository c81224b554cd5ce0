import type { EntityManager } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { liveStatuses } from '../../../domain/lifecycles/subscription.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';

/** A resource as somebody may see it: the whole tenant, or one of its customers. */
export interface ResourceScope {
  readonly organizationId: string;
  readonly customerId?: string;
  readonly resourceType: string;
  readonly resourceId: string;
}

/** Every subscription that sells or sold it, the youngest first. @throws BillingError resource_not_found, for another tenant's too */
export async function subscriptionsOfResource(manager: EntityManager, scope: ResourceScope): Promise<SubscriptionRow[]> {
  const rows = await manager.find(SubscriptionRow, { where: { ...scope }, order: { createdAt: 'desc', id: 'desc' } });
  if (rows.length === 0) throw new BillingError('resource_not_found');
  return rows;
}

/**
 * The one that is meant: the live one, or of several customers' the named one. One that is canceled but still usable counts.
 * @throws BillingError resource_not_found, subscription_not_found (none of them lives), validation_errors (several, and none is named)
 */
export async function liveSubscriptionOf(
  manager: EntityManager,
  scope: ResourceScope,
  externalId: string | undefined,
): Promise<SubscriptionRow> {
  const rows = (await subscriptionsOfResource(manager, scope)).filter(
    (row) => isUsable(row) && (externalId === undefined || row.externalId === externalId),
  );
  const [only, second] = rows;
  if (!only) throw new BillingError('subscription_not_found');
  if (second) throw invalid({ external_id: ['value_is_mandatory'] });
  return only;
}

const isUsable = ({ status, changeAt }: SubscriptionRow): boolean =>
  status === 'CANCELED' || (liveStatuses.includes(status) && !(status === 'PENDING' && changeAt !== null));
