import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { DRAFT_REFRESHER, type DraftRefresher } from './draft-refresher.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { findInvoice } from './invoices.queries.ts';

/** Counts a draft's usage again, before its issue would. */
@Injectable()
export class RefreshInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(DRAFT_REFRESHER) private readonly drafts: DraftRefresher,
  ) {}

  /** @throws BillingError invoice_not_found, not_refreshable when it is no draft */
  async execute(organizationId: string, id: string): Promise<InvoiceRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findInvoice(tx, organizationId, id, { forUpdate: true });
      if (row.status !== 'DRAFT') throw new BillingError('not_refreshable');
      const at = await this.organizationClock.now(organizationId, tx);
      const [refreshed] = await this.drafts.refresh(tx, organizationId, [row], at);
      return refreshed ?? row;
    });
  }
}
