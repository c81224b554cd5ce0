import { Injectable } from '@nestjs/common';
import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { findCapturedInvoice, type InvoiceRow } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { InvoicePaymentRow } from './provider/invoice-payment.entity.ts';
import { dateOrNull, type ObservedPayment } from './provider/observed.ts';
import { ownerOfObject } from './provider/provider-objects.store.ts';

const statusWords = { open: 'OPEN', paid: 'PAID', canceled: 'CANCELED' } as const;

/** Keeps which payment paid which invoice, so that refunds and disputes find it. */
@Injectable()
export class LinkInvoicePayment {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /** Undefined while we do not have the invoice. */
  async execute(tx: Tx, seen: ObservedPayment): Promise<InvoiceRow | undefined> {
    const organizationId = await ownerOfObject(tx, 'invoice', seen.invoiceId);
    const invoice = organizationId && (await findCapturedInvoice(tx, organizationId, seen.invoiceId));
    if (!organizationId || !invoice) return undefined;
    const at = await this.organizationClock.now(organizationId, tx);
    const key = { organizationId, provider: 'STRIPE', providerPaymentId: seen.id } as const;
    const known = await tx.findOneBy(InvoicePaymentRow, key);
    const changes = {
      status: statusWords[seen.status],
      amountCents: BigInt(seen.amount),
      currency: seen.currency,
      paymentIntentId: seen.paymentIntentId ?? known?.paymentIntentId ?? null,
      chargeId: seen.chargeId ?? known?.chargeId ?? null,
      paidAt: known?.paidAt ?? dateOrNull(seen.paidAt),
      updatedAt: at,
    };
    if (known) await tx.update(InvoicePaymentRow, { organizationId, id: known.id }, changes as object);
    else
      await tx.insert(InvoicePaymentRow, {
        ...key,
        id: newId(),
        invoiceId: invoice.id,
        refundedCents: 0n,
        createdAt: at,
        ...changes,
      } as object);
    return invoice;
  }
}
