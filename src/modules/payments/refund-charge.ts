import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { bookRefund, type InvoiceRow } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findPaidInvoice } from './provider/find-paid-invoice.ts';
import { InvoicePaymentRow } from './provider/invoice-payment.entity.ts';
import type { ObservedCharge } from './provider/observed.ts';
import { ownObject } from './provider/provider-objects.store.ts';

export type RefundOutcome =
  | { readonly found: false }
  /** Its lines are not final yet: tried again later. */
  | { readonly found: true; readonly invoice: InvoiceRow; readonly isDraft: true }
  | { readonly found: true; readonly invoice: InvoiceRow; readonly isDraft: false; readonly bookedCents: bigint };

/** Books what went back of a charge on the invoice it paid; the provider tells the sum so far, we book the difference (B21, B22). */
@Injectable()
export class RefundCharge {
  constructor(private readonly organizationClock: OrganizationClock) {}

  async execute(tx: Tx, seen: ObservedCharge): Promise<RefundOutcome> {
    const found = await findPaidInvoice(tx, { ...seen, chargeId: seen.id });
    if (!found) return { found: false };
    const { invoice, payment } = found;
    const { organizationId } = invoice;
    await ownObject(tx, 'charge', seen.id, organizationId);
    if (invoice.status === 'DRAFT') return { found: true, invoice, isDraft: true };
    const at = await this.organizationClock.now(organizationId, tx);
    const refundedCents = BigInt(seen.refunded);
    const bookedCents = await bookRefund(tx, invoice, { chargeId: seen.id, refundedCents }, at);
    if (payment)
      await tx.update(InvoicePaymentRow, { organizationId, id: payment.id }, {
        refundedCents,
        chargeId: payment.chargeId ?? seen.id,
        updatedAt: at,
      } as object);
    return { found: true, invoice, isDraft: false, bookedCents };
  }
}
