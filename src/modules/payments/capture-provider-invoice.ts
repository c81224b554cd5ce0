import { Injectable } from '@nestjs/common';
import { Temporal } from 'temporal-polyfill';
import { captureLines, type CapturedSums } from '../../domain/invoicing/captured-lines.ts';
import { localDateOf } from '../../domain/calendar/local-day.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { queryIn } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { effectiveEntityOfDocument } from '../billing-entities/index.ts';
import { captureInvoice, findCapturedInvoice, type InvoiceRow, type InvoiceToCapture } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { PlanRow } from '../plans/index.ts';
import { findInvoiceOwner, type Owner } from './provider/find-owner.ts';
import { dateOrNull, type ObservedInvoice } from './provider/observed.ts';
import { ownObject } from './provider/provider-objects.store.ts';
import { adoptProviderSubscription, linkCustomer, notePayer, updateLink } from './provider/provider-links.store.ts';
import { StartPaidSubscription } from './start-paid-subscription.ts';

export type CaptureOutcome =
  | { readonly found: false; readonly reason: 'subscription not found' | 'unknown invoice' }
  | { readonly found: true; readonly row: InvoiceRow; readonly isNew: boolean; readonly becamePaid: boolean };

const statusWords = { draft: 'DRAFT', open: 'OPEN', uncollectible: 'UNCOLLECTIBLE', paid: 'PAID', void: 'VOID' } as const;

/** Brings our copy of a provider's invoice to what the provider says, with all that follows from its being paid. */
@Injectable()
export class CaptureProviderInvoice {
  constructor(
    private readonly organizationClock: OrganizationClock,
    private readonly startPaidSubscription: StartPaidSubscription,
  ) {}

  /** `create`: whether an invoice that we do not have yet is made. */
  async execute(tx: Tx, seen: ObservedInvoice, { create }: { create: boolean }): Promise<CaptureOutcome> {
    const owner = await findInvoiceOwner(tx, seen);
    if (!owner) return { found: false, reason: create ? 'subscription not found' : 'unknown invoice' };
    const { organizationId } = owner;
    await ownObject(tx, 'invoice', seen.id, organizationId);
    if (!create && !(await findCapturedInvoice(tx, organizationId, seen.id))) return { found: false, reason: 'unknown invoice' };
    const at = await this.organizationClock.now(organizationId, tx);
    const capture = await captureInvoice(tx, await this.describe(tx, owner, seen, at), at);
    if (capture.becamePaid) await this.paid(tx, owner, seen, capture.row, at);
    return { found: true, ...capture };
  }

  private async describe(tx: Tx, owner: Owner, seen: ObservedInvoice, at: Date): Promise<InvoiceToCapture> {
    const { organizationId, customerId, linked } = owner;
    const entity = await effectiveEntityOfDocument(
      queryIn(tx),
      organizationId,
      customerId,
      linked ? linked.subscription.billingEntityId : null,
    );
    const plan = linked && (await tx.findOneByOrFail(PlanRow, { organizationId, id: linked.subscription.planId }));
    const sums = this.sumsOf(seen, plan ? (plan.invoiceDisplayName ?? plan.name) : 'Invoice');
    const period = periodOf(seen);
    return {
      organizationId,
      billingEntityId: entity.id,
      customerId,
      subscriptionId: linked?.subscription.id ?? null,
      providerInvoiceId: seen.id,
      status: statusWords[seen.status],
      number: seen.number,
      currency: seen.currency,
      sums,
      lines: sums.lines.map((line, index) => {
        const said = seen.lines[index];
        const span = spanOf(said?.periodStart ?? null, said?.periodEnd ?? null) ?? period;
        return {
          ...line,
          type: said?.subscriptionId ? 'subscription' : 'add_on',
          periodStart: span?.start ?? null,
          periodEnd: span?.end ?? null,
          origin: { line_id: line.id },
        };
      }),
      paidCents: BigInt(seen.amountPaid),
      remainingCents: BigInt(seen.amountRemaining),
      overpaidCents: BigInt(seen.amountOverpaid),
      periodStart: period?.start ?? null,
      periodEnd: period?.end ?? null,
      ...datesOf(seen, entity.timezone, at),
      invoicePdf: seen.invoicePdf,
      hostedInvoiceUrl: seen.hostedInvoiceUrl,
      finalizedAt: dateOrNull(seen.finalizedAt),
      paidAt: dateOrNull(seen.paidAt),
      voidedAt: dateOrNull(seen.voidedAt),
    };
  }

  private sumsOf(seen: ObservedInvoice, otherName: string): CapturedSums {
    const lines = seen.lines.map((line) => ({
      id: line.id,
      description: line.description,
      quantity: line.quantity,
      unitAmount: line.unitAmount,
      amountCents: BigInt(line.amount),
      taxCents: BigInt(line.tax),
      inclusiveTaxCents: BigInt(line.inclusiveTax),
    }));
    return captureLines(
      lines,
      {
        currency: seen.currency,
        discountCents: BigInt(seen.discount),
        taxCents: BigInt(seen.tax),
        totalCents: BigInt(seen.total),
      },
      otherName,
    );
  }

  /** Once for an invoice, whatever the number of events that say so (B15, B16, B18). */
  private async paid(tx: Tx, owner: Owner, seen: ObservedInvoice, row: InvoiceRow, at: Date): Promise<void> {
    const { organizationId, linked } = owner;
    await tell(tx, organizationId, at, [
      {
        objectType: 'invoice',
        objectId: row.id,
        type: 'payment.succeeded',
        payload: {
          lago_invoice_id: row.id,
          lago_customer_id: row.customerId,
          lago_subscription_id: row.subscriptionId,
          provider_invoice_id: seen.id,
          amount_cents: BigInt(seen.amountPaid),
          currency: row.currency,
        },
      },
    ]);
    if (seen.customerId !== null) {
      const customer = await linkCustomer(tx, { organizationId, id: owner.customerId }, seen.customerId, at);
      if (customer) await notePayer(tx, customer, dateOrNull(seen.paidAt), at);
    }
    if (!linked) return;
    let { link } = linked;
    if (seen.claimedSubscriptionId === link.subscriptionId && seen.subscriptionId !== null)
      link = await adoptProviderSubscription(tx, link, seen.subscriptionId, at);
    if (link.providerCustomerId === null && seen.customerId !== null)
      await updateLink(tx, link, { providerCustomerId: seen.customerId }, at);
    await this.startPaidSubscription.execute(tx, linked.subscription, periodOf(seen), at);
  }
}

interface Span {
  readonly start: Date;
  readonly end: Date;
}

const spanOf = (start: string | null, end: string | null): Span | null =>
  start !== null && end !== null && start < end ? { start: new Date(start), end: new Date(end) } : null;

/** What the invoice bills: its subscription lines' time, else its own. */
function periodOf(seen: ObservedInvoice): Span | null {
  const spans = seen.lines
    .filter((line) => line.subscriptionId !== null)
    .flatMap((line) => spanOf(line.periodStart, line.periodEnd) ?? []);
  const latest = spans.toSorted((a, b) => b.end.getTime() - a.end.getTime())[0];
  return latest ?? spanOf(seen.periodStart, seen.periodEnd);
}

/** Local days where the document is read: the customer's zone, else the seller's. */
function datesOf(seen: ObservedInvoice, timezone: string, at: Date) {
  const dayOf = (iso: string): Temporal.PlainDate => localDateOf(Temporal.Instant.from(iso), timezone);
  const issued = seen.finalizedAt ?? seen.createdAt;
  const issuingDate = issued === null ? localDateOf(instantOf(at), timezone) : dayOf(issued);
  const due = seen.dueAt === null ? issuingDate : dayOf(seen.dueAt);
  const paymentDueDate = Temporal.PlainDate.compare(due, issuingDate) < 0 ? issuingDate : due;
  return {
    timezone,
    issuingDate: issuingDate.toString(),
    paymentDueDate: paymentDueDate.toString(),
    netPaymentTerm: issuingDate.until(paymentDueDate, { largestUnit: 'day' }).days,
  };
}
