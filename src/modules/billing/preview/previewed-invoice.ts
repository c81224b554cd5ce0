import type { CreditNoteToIssue } from '../../credit-notes/index.ts';
import { CustomerRow } from '../../customers/index.ts';
import type { DraftToWrite } from '../../invoices/index.ts';
import type { SubscriptionRow } from '../../subscriptions/index.ts';
import type { Forecast } from '../forecast/forecast.ts';
import type { PricedSubscription } from '../price-subscriptions.ts';
import { draftOf, oneInvoiceOf } from '../write-invoices.ts';
import { foreseenCredit } from './foreseen-credit.ts';
import type { Scene } from './what-if.ts';

/** An invoice as it would be drafted and issued. */
export interface PreviewedInvoice {
  readonly draft: DraftToWrite;
  /** When it would be made. */
  readonly at: Date;
  readonly customer: CustomerRow;
  readonly subscriptions: readonly SubscriptionRow[];
  /** For what was paid in advance and would not be used. */
  readonly creditNotes: readonly CreditNoteToIssue[];
  /** What it would take of these and of what the customer has when it is issued, after those that are issued before. */
  readonly creditCents: bigint;
}

/** All on one invoice. @throws BillingError validation_errors (several billing entities or currencies) */
export async function previewedInvoice(
  scene: Scene,
  forecast: Forecast,
  billed: readonly PricedSubscription[],
  at: Date,
): Promise<PreviewedInvoice> {
  const { manager, organizationId, customers } = scene;
  const group = oneInvoiceOf(billed);
  const draft = draftOf(group, null);
  const known = customers.find(({ id }) => id === draft.customerId);
  const customer = known ?? (await manager.findOneByOrFail(CustomerRow, { organizationId, id: draft.customerId }));
  const creditNotes = await forecast.creditNotes(billed);
  const creditCents = await foreseenCredit(scene, forecast, { billed, draft, at }, creditNotes);
  const shown = new Set(draft.priced.fees.map((fee) => fee.subscriptionId));
  for (const span of draft.spans) shown.add(span.subscriptionId);
  return {
    draft,
    at,
    customer,
    subscriptions: forecast.subscriptions.filter((row) => shown.has(row.id)),
    creditNotes,
    creditCents,
  };
}
