import { Temporal } from 'temporal-polyfill';
import type { Span } from '../../../domain/calendar/span.ts';
import { dayCountOf, type FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import type { TaxRate } from '../../../domain/invoicing/items.ts';
import type { BillingStep } from '../../../domain/lifecycles/billing-step.ts';
import type { CommitmentFacts, PlanPrices, PriceFacts, UsageChargeFacts } from '../price-facts.store.ts';
import { type SubscriptionStep, stepOf } from '../step-of.ts';
import type { DueSubscription } from '../subscription-to-price.ts';
import { type TaxesOf, taxesOf } from '../taxes-of.ts';
import type { Drafted, DraftedFee, DraftedSpan } from './drafted.store.ts';
import { standingCharge } from './standing-charge.ts';

/** What a draft bills of a subscription by usage, on the terms that stand on the draft. */
export interface StandingTerms {
  /** Its usage and commitment; everything else stands. */
  readonly step: SubscriptionStep;
  readonly prices: PlanPrices;
  readonly taxes: TaxesOf;
}

export interface DraftedSubscription {
  readonly row: DueSubscription;
  readonly invoice: { readonly id: string; readonly billingEntityId: string };
  readonly span: DraftedSpan;
  readonly drafted: Drafted;
}

/** `chargeOf` knows the charges of all fees; `facts` are of today, for what the draft says nothing of. */
export function standingTerms(
  { row, invoice, span, drafted }: DraftedSubscription,
  facts: PriceFacts,
  chargeOf: (id: string) => UsageChargeFacts | undefined,
): StandingTerms {
  const own = drafted.fees.filter((fee) => fee.subscription_id === row.id);
  const [first] = drafted.fees;
  const subscription: DueSubscription = {
    ...asAtBoundary(row, span),
    entity_id: invoice.billingEntityId,
    ...(first && { day_count: dayCountOf(first.derivation) }),
  };
  const usage = own.filter((fee) => fee.fee_type === 'charge');
  const minimum = own.find((fee) => fee.fee_type === 'commitment');
  const today = facts.pricesOf(row);
  const isOld = (id: string): boolean => id < invoice.id;
  const billed = [...new Set(usage.flatMap((fee) => fee.item_id ?? []))];
  const standing = billed.flatMap((id) => {
    const charge = chargeOf(id);
    return charge ? [standingCharge(charge, derivationsOf(usage, id), invoice.id)] : [];
  });
  // What is paid in advance has no fee where nothing was there to renew.
  const unused = today.charges.filter(
    ({ id, parentId, payInAdvance }) =>
      payInAdvance && isOld(parentId ?? id) && !billed.includes(id) && !billed.includes(parentId ?? id),
  );
  const commitment = minimum ? commitmentOf(minimum) : today.commitment && isOld(today.commitment.id) ? today.commitment : null;
  return {
    step: standingStep(subscription, { usage, minimum }, (fee) => chargeOf(fee.item_id ?? '')?.payInAdvance === true),
    prices: { fixedCharges: [], charges: [...standing, ...unused], commitment },
    taxes: standingTaxes(
      drafted,
      own,
      taxesOf(facts, subscription, () => addressTaxes(drafted)),
    ),
  };
}

const derivationsOf = (fees: readonly DraftedFee[], itemId: string): FeeDerivation[] =>
  fees.filter((fee) => fee.item_id === itemId).map((fee) => fee.derivation);

const commitmentOf = ({ item_id: id, name, derivation }: DraftedFee): CommitmentFacts => ({
  id: id ?? '',
  name,
  amountCents: BigInt(derivation.true_up?.minimum_cents ?? '0'),
});

/** The subscription as it stood: what happened to it after the boundary, or at that very instant but after the draft, is not known yet. */
function asAtBoundary(row: DueSubscription, span: DraftedSpan): DueSubscription {
  const end = span.current_period_end;
  const isLast = span.invoicing_reason === 'TERMINATING';
  const until = (at: Date | null): Date | null => (at && (isLast ? at <= end : at < end) ? at : null);
  const hasEnded = until(row.terminated_at) !== null;
  return {
    ...row,
    current_period_start: span.current_period_start,
    current_period_end: end,
    terminated_at: until(row.terminated_at),
    paused_at: until(row.paused_at),
    resumed_at: row.resumed_at && row.resumed_at <= end ? row.resumed_at : null,
    ...(hasEnded ? {} : { successor_id: null, successor_plan: null }),
  };
}

/** The boundary as far as usage moves it, with the spans of the fees where they stand. */
function standingStep(
  subscription: DueSubscription,
  { usage, minimum }: { readonly usage: readonly DraftedFee[]; readonly minimum: DraftedFee | undefined },
  isRenewal: (fee: DraftedFee) => boolean,
): SubscriptionStep {
  const { step, ...entry } = stepOf(subscription);
  const counted = usage.find((fee) => !isRenewal(fee))?.derivation;
  const renewed = usage.find(isRenewal)?.derivation;
  const nothing = { arrears: null, advance: null };
  const spans: Pick<BillingStep, 'usage' | 'next' | 'committed'> = {
    usage: counted ? usageOf(counted, step) : step.usage,
    next: renewed ? billedOf(renewed) : step.next,
    committed: minimum
      ? { ...periodOf(minimum.derivation, step.committed), billed: billedOf(minimum.derivation) }
      : step.committed,
  };
  return { ...entry, step: { ...step, ...spans, plan: nothing, fixed: nothing } };
}

const usageOf = (derivation: FeeDerivation, step: BillingStep): NonNullable<BillingStep['usage']> => {
  const billed = billedOf(derivation);
  const daysUntil = derivation.days_until === undefined ? billed.end : Temporal.Instant.from(derivation.days_until);
  return { ...periodOf(derivation, step.usage), billed, daysUntil };
};

const billedOf = ({ billed: { start, end } }: FeeDerivation): Span => ({
  start: Temporal.Instant.from(start),
  end: Temporal.Instant.from(end),
});

const periodOf = (derivation: FeeDerivation, span: { readonly period: Span } | null) => ({
  period: span?.period ?? billedOf(derivation),
});

/** Those of the charge's or commitment's own fees; else as they are assigned now. */
function standingTaxes(drafted: Drafted, fees: readonly DraftedFee[], otherwise: TaxesOf): TaxesOf {
  const standing = new Map<string, readonly TaxRate[]>(
    fees.map((fee) => [`${fee.fee_type} ${fee.item_id}`, drafted.taxesOf(fee.derivation)]),
  );
  return (...nearer) => standing.get(nearer[0] ?? '') ?? otherwise(...nearer);
}

/** What the addresses decided for the draft, where they did. */
const addressTaxes = ({ fees, taxesOf: taxes }: Drafted): readonly TaxRate[] => {
  const fee = fees.find(({ derivation }) => derivation.taxes.some((tax) => tax.address));
  return fee ? taxes(fee.derivation) : [];
};
