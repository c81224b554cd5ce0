import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { findInvoice } from './invoices.queries.ts';
import { type InvoiceMove, moveInvoice } from './move-invoice.ts';

/** Finalize, pay, void or give up one invoice, at the organization's time. */
@Injectable()
export class ChangeInvoiceStatus {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError invoice_not_found and the refusals of moveInvoice */
  async execute(organizationId: string, id: string, move: Omit<InvoiceMove, 'at'>): Promise<InvoiceRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findInvoice(tx, organizationId, id, { forUpdate: true });
      return moveInvoice(tx, row, { ...move, at: await this.organizationClock.now(organizationId, tx) });
    });
  }
}
