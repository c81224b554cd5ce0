import { findPaidInvoice, type PaymentTraces } from '../../modules/payments/index.ts';
import { NeedsFact } from '../../modules/webhooks/index.ts';
import type { EventContext } from './event-context.ts';
import { normaliseInvoicePayment } from './normalise.ts';
import { itemsOf } from './payload.ts';
import type { Question } from './stripe-questions.ts';

type Found = Awaited<ReturnType<typeof findPaidInvoice>>;

/**
 * The invoice that a charge, refund or dispute belongs to: they do not name it, the links do, and Stripe knows links that we missed.
 * `one-off` paid no invoice; `later` one that is not captured yet.
 * @throws NeedsFact
 */
export async function paidInvoiceOf(
  context: EventContext,
  traces: PaymentTraces,
): Promise<NonNullable<Found> | 'one-off' | 'later'> {
  const { tx, facts, verbs } = context;
  const known = await findPaidInvoice(tx, traces);
  if (known) return known;
  if (traces.invoiceId !== null) return 'later';
  if (traces.paymentIntentId === null) return 'one-off';
  const question: Question = `payments_of_intent:${traces.paymentIntentId}`;
  const fact = facts.get(question);
  if (!fact) throw new NeedsFact(question);
  const payments = itemsOf(fact.value).flatMap((payment) => normaliseInvoicePayment(payment) ?? []);
  if (payments.length === 0) return 'one-off';
  for (const payment of payments) await verbs.linkPayment.execute(tx, payment);
  return (await findPaidInvoice(tx, traces)) ?? 'later';
}
