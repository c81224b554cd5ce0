import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../../domain/calendar/span.ts';
import { splitAt } from '../../domain/calendar/spans.ts';
import { decideCreditNote, splitCredit } from '../../domain/invoicing/credit-note.ts';
import { dayCountOf } from '../../domain/invoicing/derivation.ts';
import { endOfBilledDays } from '../../domain/lifecycles/end-subscription.ts';
import { unusedCredit } from '../../domain/lifecycles/unused-credit.ts';
import { Exact } from '../../domain/money/exact.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { type Query, queryIn } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import {
  type CreditableFee,
  type CreditableInvoice,
  type CreditNoteToIssue,
  issueCreditNotes,
  readPaidBeyond,
  toCredit,
} from '../credit-notes/index.ts';
import { giveBackPeriods } from '../invoices/index.ts';
import { periodAround } from './billing-calendar.ts';
import { sinceOf, type SubscriptionStep } from './step-of.ts';

/**
 * Credits what ended subscriptions paid for in advance and did not get: days of plan and prorated fixed charges (lago.md 2.6, 2.7).
 * One read when any of them ended; the notes take two statements however many they are.
 */
export async function creditUnusedTime(
  tx: Tx,
  organizationId: string,
  steps: readonly SubscriptionStep[],
  at: Date,
): Promise<void> {
  const ended = endedOf(steps);
  if (ended.size === 0) return;
  const invoices = await readPaidBeyond(queryIn(tx), organizationId, endsOf(ended));
  await issueCreditNotes(tx, organizationId, notesOf(invoices, ended), at);
  const periods = givenBackBy(invoices, ended);
  if (periods.length > 0) await giveBackPeriods(tx, organizationId, periods);
}

/** What paused ones may be billed for again when they resume: days that count, whatever they cost. */
const givenBackBy = (invoices: readonly CreditableInvoice[], ended: Ended) =>
  invoices.flatMap((invoice) =>
    invoice.fees.flatMap((fee) => {
      const { invoice_id: invoiceId, subscription_id: subscriptionId, item_id: itemId } = fee;
      const entry = ended.get(subscriptionId ?? '');
      if (entry?.end.how !== 'paused' || !fee.is_prorated || !subscriptionId || !itemId || !fee.period_start) return [];
      const givenBackFrom = dateOf(endOfDaysOf(fee, entry));
      return [{ invoiceId, subscriptionId, itemId, startsAt: fee.period_start, givenBackFrom }];
    }),
  );

/** The credit notes that would be issued: for what is stored, and for invoices that would be made before. Nothing is locked or written. */
export async function forecastUnusedCredit(
  query: Query,
  organizationId: string,
  steps: readonly SubscriptionStep[],
  imagined: readonly CreditableInvoice[],
): Promise<CreditNoteToIssue[]> {
  const ended = endedOf(steps);
  if (ended.size === 0) return [];
  const invoices = await readPaidBeyond(query, organizationId, endsOf(ended), { locks: false });
  return notesOf([...invoices, ...imagined], ended);
}

/**
 * Minor units that ended subscriptions get back of the period in which they ended, by subscription: what they paid for it in advance is
 * less by so much, whether the note is written already (a draft is priced again when it is issued) or not, and whether the invoice is
 * stored or only imagined. Nothing is locked or written.
 */
export async function unusedCents(
  query: Query,
  organizationId: string,
  steps: readonly SubscriptionStep[],
  imagined: readonly CreditableInvoice[],
): Promise<ReadonlyMap<string, bigint>> {
  const ended = endedOf(steps);
  if (ended.size === 0) return new Map();
  const cents = new Map<string, bigint>();
  const stored = await readPaidBeyond(query, organizationId, endsOf(ended), { locks: false });
  for (const { fees } of [...stored, ...imagined])
    for (const [id, entry] of ended) {
      const own = fees
        .filter((fee) => fee.subscription_id === id && isOfThisEnd(fee, entry))
        .map((fee) => unusedOf({ ...fee, credited_cents: '0', given_back_from: null }, entry));
      const credit = own.reduce((sum, one) => sum.plus(one), Exact.zero).roundToInteger();
      cents.set(id, (cents.get(id) ?? 0n) + credit);
    }
  return cents;
}

/** Not given back by an earlier pause. */
const isOfThisEnd = (fee: CreditableFee, entry: EndedStep): boolean =>
  fee.given_back_from === null || fee.given_back_from.getTime() === dateOf(endOfDaysOf(fee, entry)).getTime();

interface EndedStep extends SubscriptionStep {
  readonly end: NonNullable<SubscriptionStep['end']>;
}
type Ended = ReadonlyMap<string, EndedStep>;

/** Those whose unused time is credited, by subscription. */
const endedOf = (steps: readonly SubscriptionStep[]): Ended =>
  new Map(
    steps.flatMap((entry) => {
      const { subscription, step, end } = entry;
      const isCredited = end?.how !== 'terminated' || subscription.on_termination_credit_note !== 'skip';
      return end && !step.next && isCredited ? [[subscription.id, { ...entry, end }] as const] : [];
    }),
  );

const endsOf = (ended: Ended) =>
  [...ended.values()].map(({ subscription, end }) => ({ subscriptionId: subscription.id, at: dateOf(end.at) }));

const notesOf = (invoices: readonly CreditableInvoice[], ended: Ended): CreditNoteToIssue[] =>
  invoices.flatMap((invoice) => noteOf(invoice, ended));

function noteOf(invoice: CreditableInvoice, ended: Ended): CreditNoteToIssue[] {
  const credited = invoice.fees.flatMap((fee) => {
    const entry = ended.get(fee.subscription_id ?? '');
    const credit = entry ? unusedOf(fee, entry) : Exact.zero;
    return entry && credit.isPositive() ? [{ id: fee.id, credit, entry }] : [];
  });
  const [first] = credited;
  if (!first) return [];
  const decision = decideCreditNote(toCredit(invoice, new Map(credited.map(({ id, credit }) => [id, credit]))));
  if (!('note' in decision) || decision.note.totalCents === 0n) return [];
  const { subscription, end } = first.entry;
  const mode = end?.how === 'terminated' ? (subscription.on_termination_credit_note ?? 'credit') : 'credit';
  const split = splitCredit(mode, decision.note.totalCents, {
    paidCents: BigInt(invoice.total_paid_cents),
    totalCents: BigInt(invoice.total_cents),
  });
  return [{ invoice, amounts: decision.note, split, reason: end?.how === 'terminated' ? 'order_cancellation' : 'order_change' }];
}

/**
 * The unused share of a fee by the days of its whole period, counted as when it was billed; of what is used up to now, or was given back
 * by a pause, nothing.
 */
function unusedOf(fee: CreditableFee, entry: EndedStep): Exact {
  const { timezone } = entry.anchor;
  const { proration, precise_amount_cents: precise } = fee.derivation;
  if (!fee.is_prorated || !fee.period_start || !fee.period_end) return Exact.zero;
  if (fee.given_back_from || proration?.billable_days === 0) return Exact.zero;
  const billed = { start: instantOf(fee.period_start), end: instantOf(fee.period_end) };
  const [, unused] = splitAt(billed, endOfDaysOf(fee, entry));
  const whole = proration
    ? Exact.parse(precise).times(Exact.ratio(BigInt(proration.period_days), BigInt(proration.billable_days)))
    : Exact.parse(precise);
  return unusedCredit(
    {
      planAmountCents: whole.roundToInteger(),
      billedCents: BigInt(fee.amount_cents),
      creditedCents: Exact.parse(fee.credited_cents).rounded('ceil').roundToInteger(),
      period: periodOf(fee, entry),
      timezone,
      dayCount: dayCountOf(fee.derivation),
    },
    unused,
  ).preciseCents;
}

/** The whole period of the calendar that a fee is for. */
function periodOf({ fee_type: type, period_start: start }: CreditableFee, { subscription, anchor }: EndedStep): Span {
  const isMonthly = type === 'fixed_charge' && subscription.bill_fixed_charges_monthly;
  const item = isMonthly ? ({ ...anchor, interval: 'monthly' } as const) : anchor;
  return periodAround(item, instantOf(start ?? subscription.current_period_start));
}

const endOfDaysOf = (fee: CreditableFee, entry: EndedStep): Temporal.Instant =>
  endOfBilledDays(entry.end, entry.anchor.timezone, {
    period: periodOf(fee, entry),
    since: instantOf(sinceOf(entry.subscription)),
  });
