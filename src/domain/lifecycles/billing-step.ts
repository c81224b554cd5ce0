import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, periodContaining } from '../calendar/billing-period.ts';
import type { Span } from '../calendar/span.ts';
import { endOfUse, isEmpty } from '../calendar/spans.ts';
import { endOfBilledDays, type SubscriptionEnd } from './end-subscription.ts';

/** What is billed of one whole period of an item. */
export interface ItemSpan {
  readonly period: Span;
  readonly billed: Span;
}

export interface StepTerms {
  /** With the plan's own interval. */
  readonly anchor: BillingAnchor;
  readonly chargesMonthly?: boolean;
  readonly fixedChargesMonthly?: boolean;
  /** The span not yet billed; empty at a start with something in advance. */
  readonly current: Span;
  /** The start, or the last resumption. */
  readonly since: Temporal.Instant;
  /** Until then the plan and fixed charges cost nothing; usage and the commitment do (Lago). It is a boundary of its own. */
  readonly trialEndsAt?: Temporal.Instant | null;
  readonly end: SubscriptionEnd | null;
}

export type InvoicingReason = 'STARTING' | 'PERIODIC' | 'TERMINATING';

/** Of one kind of item: what ended and what begins. */
export interface ItemSpans {
  readonly arrears: ItemSpan | null;
  readonly advance: ItemSpan | null;
}

export interface BillingStep {
  readonly reason: InvoicingReason;
  /** What the invoice's header shows: the span that ended, or at a start the one that begins. */
  readonly header: Span;
  /** The current period once this step is billed; null when nothing is left to bill. */
  readonly next: Span | null;
  /** Each kind of item, billed when its period has ended or when it begins. Null: not in this step. */
  readonly plan: ItemSpans;
  readonly fixed: ItemSpans;
  /** What the least amount of a plan's period is for: the days of the plan, those of the trial too. */
  readonly committed: ItemSpan | null;
  /** Usage counts to the very instant; what of it is for days, until the day that is another's. */
  readonly usage: (ItemSpan & { readonly daysUntil: Temporal.Instant }) | null;
}

/** Asks the calendar; callers may remember its answers. */
export type PeriodAround = (anchor: BillingAnchor, at: Temporal.Instant) => Span;

const isBefore = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) < 0;
const earlier = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (isBefore(a, b) ? a : b);
const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (isBefore(a, b) ? b : a);

/** How often a subscription is billed: monthly when a part of a longer plan is, else as the plan says. */
export const stepAnchorOf = ({
  anchor,
  chargesMonthly,
  fixedChargesMonthly,
}: Pick<StepTerms, 'anchor' | 'chargesMonthly' | 'fixedChargesMonthly'>): BillingAnchor =>
  chargesMonthly || fixedChargesMonthly ? { ...anchor, interval: 'monthly' } : anchor;

/** A change of zone moves a period's bounds by at most 26 hours. */
const widestZoneChange = 26n * 3_600_000_000_000n;

/**
 * When the customer moved to another zone, the last hours of a period in the old calendar may be the first of the next one in the
 * new calendar: such a scrap belongs to the period beside it and makes none of its own. A start in a period's last hours, or the end of a
 * trial, is no scrap.
 */
const withoutScraps =
  (periodAround: PeriodAround, { since, trialEndsAt }: Pick<StepTerms, 'since' | 'trialEndsAt'>): PeriodAround =>
  (anchor, at) => {
    const found = periodAround(anchor, at);
    const isScrap =
      found.end.epochNanoseconds - at.epochNanoseconds <= widestZoneChange &&
      isBefore(found.start, at) &&
      isBefore(since, at) &&
      !trialEndsAt?.equals(at);
    return isScrap ? periodAround(anchor, found.end) : found;
  };

/**
 * One boundary of a subscription: what of the ended span and of the beginning one is billed on its invoice (requirements G4,
 * G12). Pure; the generator, the preview and the dry run all take their spans from here.
 */
export function billingStep(terms: StepTerms, calendar: PeriodAround = periodContaining): BillingStep {
  const { anchor, since, end, trialEndsAt = null } = terms;
  const periodAround = withoutScraps(calendar, terms);
  const stepAnchor = stepAnchorOf(terms);
  const following = nextSpan(stepAnchor, terms.current.end, { endsAt: end?.at ?? null, trialEndsAt }, periodAround);
  const isOver = following !== null && endsOnFirstDay(terms, following);
  const next = isOver ? null : following;
  const current = isOver ? { start: terms.current.start, end: following.end } : terms.current;
  const isStart =
    next !== null && (isEmpty(current) || isTrialCut(current, trialEndsAt, periodAround(stepAnchor, current.start)));
  const lastDayIn = (period: Span) => end && endOfBilledDays(end, anchor.timezone, { period, since });
  const paidSince = trialEndsAt ? later(since, trialEndsAt) : since;

  /**
   * A longer item of a shorter step is billed with the step in which its period ends, from where it began to be billed; and so is the
   * period that the end of the trial cut in two.
   */
  const arrears = (item: BillingAnchor, from: Temporal.Instant): ItemSpan | null => {
    if (isStart) return null;
    const period = periodAround(item, current.start);
    if (next && item !== stepAnchor && isBefore(current.end, period.end)) return null;
    const isWhole = item === stepAnchor && !(trialEndsAt && current.start.equals(trialEndsAt));
    const start = later(isWhole ? current.start : period.start, from);
    const lastDay = lastDayIn(period);
    return { period, billed: { start, end: next || !lastDay ? current.end : earlier(lastDay, period.end) } };
  };
  const advance = (item: BillingAnchor): ItemSpan | null => {
    if (!next || isBefore(next.start, paidSince)) return null;
    const period = periodAround(item, next.start);
    const isFirst = isStart || next.start.equals(paidSince);
    const begins = isFirst || item === stepAnchor || isBefore(periodAround(item, current.start).start, period.start);
    if (!begins) return null;
    const whole = item === stepAnchor && !end ? next.end : period.end;
    const lastDay = lastDayIn(period);
    return { period, billed: { start: next.start, end: lastDay ? earlier(lastDay, whole) : whole } };
  };
  const itemsOf = (item: BillingAnchor) => ({ arrears: arrears(item, paidSince), advance: advance(item) });
  const ofPlan = itemsOf(anchor);
  const counted = arrears(terms.chargesMonthly ? stepAnchor : anchor, since);
  return {
    reason: isStart ? 'STARTING' : next ? 'PERIODIC' : 'TERMINATING',
    header: isStart
      ? next
      : headerOf({ start: arrears(stepAnchor, since)?.billed.start ?? current.start, end: current.end }, lastDayIn(current)),
    next,
    plan: filledIn(ofPlan),
    fixed: filledIn(terms.fixedChargesMonthly && stepAnchor !== anchor ? itemsOf(stepAnchor) : ofPlan),
    committed: filled(arrears(anchor, since)),
    usage:
      counted &&
      filled({
        ...counted,
        billed: { start: counted.billed.start, end: current.end },
        daysUntil: earlier(counted.billed.end, current.end),
      }),
  };
}

/** No period begins for the day on which the subscription ends: its usage goes with the period before. */
const endsOnFirstDay = ({ anchor, current, end }: StepTerms, following: Span): boolean =>
  end?.how === 'terminated' && !isEmpty(current) && !isBefore(following.start, endOfUse(end.at, anchor.timezone, 'given_up'));

/** The trial ended before the period did: what the plan costs begins here, as at a start. */
const isTrialCut = (current: Span, trialEndsAt: Temporal.Instant | null, period: Span): boolean =>
  trialEndsAt !== null && current.end.equals(trialEndsAt) && isBefore(current.end, period.end);

/** A subscription that ends at the very start of its period still used that day. */
const headerOf = (ended: Span, lastDay: Temporal.Instant | null): Span =>
  isEmpty(ended) ? { start: ended.start, end: later(lastDay ?? ended.end, ended.end.add({ milliseconds: 1 })) } : ended;

const filled = <Item extends ItemSpan>(item: Item | null): Item | null => (item && isEmpty(item.billed) ? null : item);
const filledIn = ({ arrears, advance }: ItemSpans): ItemSpans => ({ arrears: filled(arrears), advance: filled(advance) });

/**
 * The span after a billed one; it starts where that one ended, so that spans tile time whatever the anchor does. Null when the
 * subscription ended by then.
 */
function nextSpan(
  anchor: BillingAnchor,
  billedEnd: Temporal.Instant,
  { endsAt, trialEndsAt }: { readonly endsAt: Temporal.Instant | null; readonly trialEndsAt: Temporal.Instant | null },
  periodAround: PeriodAround,
): Span | null {
  if (endsAt && !isBefore(billedEnd, endsAt)) return null;
  const period = periodAround(anchor, billedEnd);
  const end = trialEndsAt && isBefore(billedEnd, trialEndsAt) ? earlier(trialEndsAt, period.end) : period.end;
  return { start: billedEnd, end: endsAt ? earlier(endsAt, end) : end };
}
