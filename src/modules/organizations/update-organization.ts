import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import type { UpdateOrganizationInput } from './organization.dto.ts';
import { OrganizationRow } from './organization.entity.ts';
import { presentOrganization } from './organization.presenter.ts';

/** The operator renames a tenant or changes what it may do. */
@Injectable()
export class UpdateOrganization {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Absent stays; a list of feature flags replaces the one there is. @throws BillingError organization_not_found */
  async execute(id: string, input: UpdateOrganizationInput): Promise<OrganizationRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await tx.findOne(OrganizationRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!row) throw new BillingError('organization_not_found');
      const changes = {
        name: input.name ?? row.name,
        featureFlags: input.feature_flags ? [...new Set(input.feature_flags)] : row.featureFlags,
        updatedAt: dateOf(this.clock.now()),
      };
      await tx.update(OrganizationRow, { id }, changes);
      const updated = { ...row, ...changes };
      await tell(tx, id, changes.updatedAt, [
        {
          objectType: 'organization',
          objectId: id,
          type: 'organization.updated',
          payload: {
            ...presentOrganization(updated),
            previously: { name: row.name, feature_flags: row.featureFlags },
          },
        },
      ]);
      return updated;
    });
  }
}
