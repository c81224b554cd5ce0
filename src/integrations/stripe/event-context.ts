import type {
  CaptureProviderInvoice,
  CompleteCheckout,
  EndCheckout,
  FailPayment,
  FollowProviderSubscription,
  LinkInvoicePayment,
  NoteOnInvoice,
  NotePaymentMethods,
  RefundCharge,
} from '../../modules/payments/index.ts';
import { type Observation, observe } from '../../modules/payments/index.ts';
import { type Applied, type Facts, NeedsFact, type StoredEvent } from '../../modules/webhooks/index.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { before, type Fields, fieldsOf } from './payload.ts';
import type { Question } from './stripe-questions.ts';

/** What handlers may do to our side. */
export interface Verbs {
  readonly captureInvoice: CaptureProviderInvoice;
  readonly completeCheckout: CompleteCheckout;
  readonly endCheckout: EndCheckout;
  readonly failPayment: FailPayment;
  readonly followSubscription: FollowProviderSubscription;
  readonly linkPayment: LinkInvoicePayment;
  readonly noteOnInvoice: NoteOnInvoice;
  readonly notePaymentMethods: NotePaymentMethods;
  readonly refundCharge: RefundCharge;
}

/** One event while it is applied. */
export interface EventContext {
  readonly tx: Tx;
  readonly event: StoredEvent;
  readonly object: Fields;
  readonly previous: Fields | undefined;
  readonly facts: Facts;
  readonly verbs: Verbs;
}

/** Event types and what they change. One transaction, any number of times with one effect. */
export interface Handler {
  readonly types: readonly string[];
  apply(context: EventContext): Promise<Applied>;
}

/** How one kind of object is kept. */
export interface Kind<T extends object> {
  readonly objectType: string;
  /** What Stripe is asked when order cannot be decided. */
  readonly question?: (id: string) => Question;
  readonly normalise: (object: Fields) => T;
  readonly rank: (state: T) => bigint;
  readonly learnedOnce: readonly (keyof T & string)[];
}

export const changed = (outcome: string, organizationId?: string | null): Applied => ({
  outcome,
  changed: true,
  ...(organizationId === undefined ? {} : { organizationId }),
});
export const unchanged = (outcome: string, organizationId?: string | null): Applied => ({
  outcome,
  changed: false,
  ...(organizationId === undefined ? {} : { organizationId }),
});

/** Stripe's answer, if it was asked; null is "there is no such object". */
export function answerTo(context: EventContext, question: Question): Fields | null | undefined {
  const fact = context.facts.get(question);
  return fact && (fieldsOf(fact.value) ?? null);
}

/**
 * What is true of the event's object now that this was said of it, whatever the order events come in.
 * @throws NeedsFact when only Stripe can tell
 */
export async function see<T extends object & { readonly id: string }>(context: EventContext, kind: Kind<T>): Promise<T> {
  return (await sight(context, kind)).state;
}

/** The same, and whether something later was heard of it before. @throws NeedsFact */
export async function sight<T extends object & { readonly id: string }>(
  context: EventContext,
  kind: Kind<T>,
): Promise<{ readonly state: T; readonly isLate: boolean }> {
  const { tx, event, object, previous } = context;
  const said = kind.normalise(object);
  const question = kind.question?.(said.id);
  const fact = question && context.facts.get(question);
  const answer = fact && fieldsOf(fact.value);
  const known = before(object, previous);
  const observation: Observation<T> = {
    provider: 'STRIPE',
    objectType: kind.objectType,
    objectId: said.id,
    state: answer ? kind.normalise(answer) : said,
    previous: known && kind.normalise(known),
    isBeginning: event.type.endsWith('.created'),
    rank: kind.rank(answer ? kind.normalise(answer) : said),
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    isRepeated: event.isRepeated,
    learnedOnce: kind.learnedOnce,
    ...(fact && answer ? { askedAt: fact.askedAt } : {}),
  };
  const { verdict, state } = await observe(tx, observation);
  // Stripe was asked and does not know it any more: what we know stays.
  if (verdict === 'undecided' && question && !fact) throw new NeedsFact(question);
  return { state, isLate: verdict === 'older' };
}
