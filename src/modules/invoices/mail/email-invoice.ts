import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { formatMajor } from '../../../domain/money/currency.ts';
import { NeedsAttention } from '../../../platform/attention/needs-attention.ts';
import { claimAttention, settleAttention } from '../../../platform/attention/needs-attention.store.ts';
import { type Reason, Trouble } from '../../../platform/attention/reason.ts';
import { queryOn } from '../../../platform/database/sql.ts';
import { log } from '../../../platform/logging/log.ts';
import { oneField } from '../../../platform/logging/one-line.ts';
import type { WorkerLine } from '../../../platform/logging/worker-log.ts';
import { MailError, Mailer } from '../../../platform/mail/mailer.ts';
import { BillingEntityRow } from '../../billing-entities/index.ts';
import { CustomerRow } from '../../customers/index.ts';
import { ChangeInvoiceStatus } from '../change-invoice-status.ts';
import { InvoiceRow } from '../invoice.entity.ts';
import { type SellerIdentity, sellerIdentityOf } from '../seller-identity.ts';
import { findInvoice } from '../invoices.queries.ts';
import { mailing, triesAtMost } from './mailing.ts';

export interface EmailOutcome {
  readonly success: boolean;
  /** What happened, in words for the person who asked. */
  readonly message: string;
}

/** So many mails in a row may find the server away before it is left alone. */
const patience = 3;

export interface Mailing {
  readonly lines: WorkerLine;
  readonly now: Date;
}

/** Sends an invoice to its customer. Whatever the mail server does, the invoice stays issued (H3, H4). */
@Injectable()
export class EmailInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mailer: Mailer,
    private readonly changeStatus: ChangeInvoiceStatus,
    private readonly needsAttention: NeedsAttention,
  ) {}

  /** Finalizes a draft first. @throws BillingError invoice_not_found, not_sendable (voided, or no document) */
  async execute(organizationId: string, id: string): Promise<EmailOutcome> {
    let row = await findInvoice(this.dataSource.manager, organizationId, id);
    if (row.status === 'VOID' || row.status === 'CLOSED') throw new BillingError('not_sendable');
    if (row.status === 'DRAFT') row = await this.changeStatus.execute(organizationId, id, { to: 'OPEN' });
    if (!this.mailer.isConfigured) return { success: false, message: 'No mail server is configured: set SMTP_URL.' };
    try {
      const isSent = await this.send(row);
      await this.settle(organizationId, [row.id]);
      return isSent
        ? { success: true, message: `Invoice ${row.invoiceNumber} was sent.` }
        : { success: false, message: 'The customer has no e-mail address.' };
    } catch (error) {
      log.error('an invoice could not be sent by e-mail', error, { organization_id: organizationId, invoice_id: row.id });
      return { success: false, message: 'The mail server did not take the message; the log says why.' };
    }
  }

  /**
   * Freshly issued invoices of one organization, one after the other, where their billing entity sends invoices by itself. One that is
   * refused needs attention and keeps no other waiting; a server that is away three times in a row is left alone, and all that is left
   * needs attention. Never throws.
   */
  async sendAll(organizationId: string, issued: readonly InvoiceRow[], how: Mailing): Promise<void> {
    if (!this.mailer.isConfigured) return;
    await this.sendEach(organizationId, await this.wanted(issued), { ...how, isAgain: false });
  }

  /** Those that could not be sent before and whose next try has come. @throws what the database says */
  async sendAgain(organizationId: string, { lines, now }: Mailing): Promise<void> {
    if (!this.mailer.isConfigured) return;
    const query = queryOn(this.dataSource);
    const ids = await claimAttention(query, mailing, organizationId, { at: now, triesAtMost });
    const rows = await this.dataSource.manager.findBy(InvoiceRow, { organizationId, id: In(ids) });
    const left = rows.filter((row) => row.status !== 'VOID');
    await this.settle(
      organizationId,
      rows.filter((row) => row.status === 'VOID').map(({ id }) => id),
    );
    await this.sendEach(organizationId, left, { lines, now, isAgain: true });
  }

  private async sendEach(
    organizationId: string,
    rows: readonly InvoiceRow[],
    how: Mailing & { isAgain: boolean },
  ): Promise<void> {
    let awayInARow = 0;
    for (const row of rows) {
      // What is left once the server was away so often is only noted.
      const answer = awayInARow < patience ? await this.send(row).catch((error: unknown) => ({ error })) : away;
      if (typeof answer === 'boolean') {
        awayInARow = 0;
        if (answer) how.lines.info(`📨 Sent ${row.invoiceNumber}`, { invoice_id: row.id });
        if (how.isAgain) await this.settle(organizationId, [row.id]);
      } else {
        if (answer.error instanceof MailError) awayInARow = answer.error.isOfThisMail ? 0 : awayInARow + 1;
        await this.noteUnsent(row, answer.error, how);
      }
    }
  }

  private async noteUnsent(row: InvoiceRow, error: unknown, { lines, now }: Mailing): Promise<void> {
    const { organizationId, id, invoiceNumber } = row;
    const trouble = error instanceof MailError ? new Trouble(reasonOf(error), error) : error;
    try {
      const reason = await this.needsAttention.note(mailing, { organizationId, id, externalId: invoiceNumber }, trouble, now);
      lines.error(`❌ Not sent ${invoiceNumber} | ${oneField(reason.message)}`, { invoice_id: id });
    } catch (unwritten) {
      log.error('an invoice was not sent, and that could not be noted', unwritten, {
        organization_id: organizationId,
        invoice_id: id,
      });
    }
  }

  private settle(organizationId: string, ids: readonly string[]): Promise<unknown> {
    return settleAttention(queryOn(this.dataSource), mailing.name, organizationId, ids);
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

  /** False: the customer has no e-mail address. @throws MailError, or what the database says */
  private async send(row: InvoiceRow): Promise<boolean> {
    const { organizationId } = row;
    const { manager } = this.dataSource;
    const customer = await manager.findOneByOrFail(CustomerRow, { organizationId, id: row.customerId });
    if (customer.email === null) return false;
    const entity = await manager.findOneByOrFail(BillingEntityRow, { organizationId, id: row.billingEntityId });
    const seller = row.seller ?? sellerIdentityOf(entity, customer);
    await this.mailer.send({ to: customer.email, replyTo: seller.email, ...letterOf(row, customer, seller) });
    return true;
  }
}

const serverAway: Reason = {
  code: 'mail_server_away',
  field: null,
  message: 'the mail server does not answer, or takes nothing from us',
};

const away = { error: new Trouble(serverAway, undefined) };

const reasonOf = ({ isOfThisMail, message }: MailError): Reason =>
  isOfThisMail
    ? { code: 'mail_refused', field: 'email', message: `the mail server refuses it: ${message}` }
    : { ...serverAway, message: `${serverAway.message}: ${message}` };

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
