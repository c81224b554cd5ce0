import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { InvoiceRow } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { tellOnce } from './tell-once.ts';

/** What a provider says of an invoice that changes nothing of it, but that somebody wants to know. */
export interface InvoiceNote {
  /** Of the outbox: `dispute.created`, `payment.failed`, … */
  readonly type: string;
  /** Names this one among those of its type. */
  readonly once: string;
  readonly details: object;
}

@Injectable()
export class NoteOnInvoice {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /** False when it was told before. `invoice` is locked. */
  async execute(tx: Tx, invoice: InvoiceRow, note: InvoiceNote): Promise<boolean> {
    const { organizationId, id } = invoice;
    const at = await this.organizationClock.now(organizationId, tx);
    return tellOnce(tx, organizationId, at, note.once, {
      objectType: 'invoice',
      objectId: id,
      type: note.type,
      payload: {
        lago_invoice_id: id,
        lago_customer_id: invoice.customerId,
        lago_subscription_id: invoice.subscriptionId,
        provider_invoice_id: invoice.providerInvoiceId,
        ...note.details,
      },
    });
  }
}
