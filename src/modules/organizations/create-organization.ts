import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { type ApiKeyRow } from './api-key.entity.ts';
import { issueApiKey } from './issue-api-key.ts';
import { OrganizationRow } from './organization.entity.ts';
import { presentOrganization } from './organization.presenter.ts';

export interface OrganizationToCreate {
  readonly name: string;
  readonly mode: OrganizationRow['mode'];
  readonly featureFlags: readonly string[];
  readonly at: Date;
  readonly key?: string;
}

/** A test organization starts its virtual clock at the present; it only moves when told to. */
export async function createOrganization(
  tx: Tx,
  input: OrganizationToCreate,
): Promise<{ organization: OrganizationRow; apiKey: ApiKeyRow; key: string }> {
  const organization: OrganizationRow = {
    id: newId(),
    name: input.name,
    mode: input.mode,
    virtualNow: input.mode === 'TEST' ? input.at : null,
    featureFlags: [...new Set(input.featureFlags)],
    lastCustomerNumber: 0n,
    createdAt: input.at,
    updatedAt: input.at,
  };
  await tx.insert(OrganizationRow, organization);
  const { row, key } = await issueApiKey(tx, {
    organizationId: organization.id,
    name: 'first key',
    role: 'OWNER',
    expiresAt: null,
    at: input.at,
    ...(input.key === undefined ? {} : { key: input.key }),
  });
  await tell(tx, organization.id, input.at, [
    {
      objectType: 'organization',
      objectId: organization.id,
      type: 'organization.created',
      payload: presentOrganization(organization),
    },
  ]);
  return { organization, apiKey: row, key };
}
