import { Inject, Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { DRAFT_REFRESHER, type DraftRefresher } from './draft-refresher.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { findInvoice } from './invoices.queries.ts';
import { type InvoiceMove, moveInvoice } from './move-invoice.ts';

/** Finalize, pay, void or give up one invoice, at the organization's time; a draft is issued with the usage known by then. */
@Injectable()
export class ChangeInvoiceStatus {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(DRAFT_REFRESHER) private readonly drafts: DraftRefresher,
  ) {}

  /** @throws BillingError invoice_not_found and the refusals of moveInvoice */
  async execute(organizationId: string, id: string, move: Omit<InvoiceMove, 'at'>): Promise<InvoiceRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findInvoice(tx, organizationId, id, { forUpdate: true });
      const at = await this.organizationClock.now(organizationId, tx);
      const [latest] = move.to === 'OPEN' ? await this.drafts.refresh(tx, organizationId, [row], at) : [row];
      return moveInvoice(tx, latest ?? row, { ...move, at });
    });
  }
}
