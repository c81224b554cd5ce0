import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { UpdateInvoiceInput } from './invoice.dto.ts';
import { InvoiceRow } from './invoice.entity.ts';
import { findInvoice } from './invoices.queries.ts';
import { moveInvoice } from './move-invoice.ts';

/** What the official client may change of an invoice: that it was paid, and its metadata. */
@Injectable()
export class UpdateInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError invoice_not_found, not_payable */
  async execute(organizationId: string, id: string, input: UpdateInvoiceInput): Promise<InvoiceRow> {
    return this.unitOfWork.run(async (tx) => {
      let row = await findInvoice(tx, organizationId, id, { forUpdate: true });
      const at = await this.organizationClock.now(organizationId, tx);
      if (input.payment_status === 'succeeded' && row.status !== 'PAID') row = await moveInvoice(tx, row, { to: 'PAID', at });
      if (input.metadata) {
        const metadata = { ...row.metadata, entries: input.metadata };
        await tx.update(InvoiceRow, { organizationId, id: row.id }, { metadata, updatedAt: at } as object);
        row = { ...row, metadata, updatedAt: at };
      }
      return row;
    });
  }
}
