import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findBillingEntity } from './billing-entities.queries.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';

/**
 * Closes an entity for new business: no subscription, customer or document chooses it any more, and its code is free. What it bills it
 * goes on billing until that ends or moves; its invoices keep it.
 */
@Injectable()
export class ArchiveBillingEntity {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** Twice is once. @throws BillingError billing_entity_not_found, conflict (the default one) */
  async execute(organizationId: string, idOrCode: string): Promise<BillingEntityRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findBillingEntity(tx, organizationId, idOrCode, { forUpdate: true });
      if (row.isDefault) throw new BillingError('conflict', { billing_entity: ['is_default'] });
      if (row.archivedAt !== null) return row;
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = { archivedAt: at, updatedAt: at };
      await tx.update(BillingEntityRow, { organizationId, id: row.id }, changes);
      await tell(tx, organizationId, at, [
        {
          objectType: 'billing_entity',
          objectId: row.id,
          type: 'billing_entity.archived',
          payload: { lago_id: row.id, code: row.code },
        },
      ]);
      return { ...row, ...changes };
    });
  }
}
