import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { formatMajor } from '../../../domain/money/currency.ts';
import { log } from '../../../platform/logging/log.ts';
import { Mailer } from '../../../platform/mail/mailer.ts';
import { BillingEntityRow } from '../../billing-entities/index.ts';
import { CustomerRow } from '../../customers/index.ts';
import { ChangeInvoiceStatus } from '../change-invoice-status.ts';
import type { InvoiceRow } from '../invoice.entity.ts';
import { type SellerIdentity, sellerIdentityOf } from '../seller-identity.ts';
import { findInvoice } from '../invoices.queries.ts';

export interface EmailOutcome {
  readonly success: boolean;
  /** What happened, in words for the person who asked. */
  readonly message: string;
}

/** So many mails in a row may fail before the server is left alone. */
const patience = 3;

/** Sends an invoice to its customer. Whatever the mail server does, the invoice stays issued (H3, H4). */
@Injectable()
export class EmailInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mailer: Mailer,
    private readonly changeStatus: ChangeInvoiceStatus,
  ) {}

  /** Finalizes a draft first. @throws BillingError invoice_not_found, not_sendable (voided, or no document) */
  async execute(organizationId: string, id: string): Promise<EmailOutcome> {
    let row = await findInvoice(this.dataSource.manager, organizationId, id);
    if (row.status === 'VOID' || row.status === 'CLOSED') throw new BillingError('not_sendable');
    if (row.status === 'DRAFT') row = await this.changeStatus.execute(organizationId, id, { to: 'OPEN' });
    const { success, message } = await this.send(row);
    return { success, message };
  }

  /**
   * Freshly issued invoices of one organization, one after the other, where their billing entity sends invoices by itself; gives up
   * on a server that refuses three in a row. Never throws.
   */
  async sendAll(issued: readonly InvoiceRow[]): Promise<void> {
    const rows = this.mailer.isConfigured ? await this.wanted(issued) : [];
    let refusedInARow = 0;
    for (const [position, row] of rows.entries()) {
      const { reached } = await this.send(row);
      refusedInARow = reached ? 0 : refusedInARow + 1;
      if (refusedInARow < patience) continue;
      log.warn('the mail server refuses: these invoices were issued, but not sent', { unsent: rows.length - position - 1 });
      return;
    }
  }

  private async wanted(rows: readonly InvoiceRow[]): Promise<readonly InvoiceRow[]> {
    const [first] = rows;
    if (!first) return [];
    const { organizationId } = first;
    try {
      const entities = await this.dataSource.manager.findBy(BillingEntityRow, {
        organizationId,
        id: In([...new Set(rows.map((row) => row.billingEntityId))]),
      });
      const sending = new Set(
        entities.filter(({ emailSettings }) => emailSettings.includes('invoice.finalized')).map(({ id }) => id),
      );
      return rows.filter((row) => sending.has(row.billingEntityId));
    } catch (error) {
      log.error('issued invoices were not sent: who sends them could not be read', error, { organization_id: organizationId });
      return [];
    }
  }

  private async send(row: InvoiceRow): Promise<EmailOutcome & { readonly reached: boolean }> {
    if (!this.mailer.isConfigured)
      return { success: false, reached: true, message: 'No mail server is configured: set SMTP_URL.' };
    const { organizationId } = row;
    try {
      const { manager } = this.dataSource;
      const customer = await manager.findOneByOrFail(CustomerRow, { organizationId, id: row.customerId });
      if (customer.email === null) return { success: false, reached: true, message: 'The customer has no e-mail address.' };
      const entity = await manager.findOneByOrFail(BillingEntityRow, { organizationId, id: row.billingEntityId });
      const seller = row.seller ?? sellerIdentityOf(entity, customer);
      await this.mailer.send({ to: customer.email, replyTo: seller.email, ...letterOf(row, customer, seller) });
      return { success: true, reached: true, message: `Invoice ${row.invoiceNumber} was sent.` };
    } catch (error) {
      log.error('an invoice could not be sent by e-mail', error, { organization_id: organizationId, invoice_id: row.id });
      return { success: false, reached: false, message: 'The mail server did not take the message; the log says why.' };
    }
  }
}

function letterOf(row: InvoiceRow, customer: CustomerRow, seller: SellerIdentity): { subject: string; text: string } {
  const name = seller.legal_name ?? seller.name;
  const total = `${formatMajor(row.totalCents, row.currency)} ${row.currency}`;
  return {
    subject: `Invoice ${row.invoiceNumber} from ${name}`.replaceAll(/[\r\n]+/g, ' '),
    text: [
      `${customer.name ?? customer.externalId},`,
      '',
      `invoice ${row.invoiceNumber} of ${row.issuingDate} is over ${total}${row.status === 'PAID' ? ' and is paid.' : `, due on ${row.paymentDueDate}.`}`,
      '',
      name,
      ...(seller.invoice_footer ? ['', seller.invoice_footer] : []),
      '',
    ].join('\n'),
  };
}
