import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, periodContaining } from '../calendar/billing-period.ts';
import type { Span } from '../calendar/span.ts';
import { isEmpty } from '../calendar/spans.ts';
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
  /** The first billed instant since the start, the end of the trial or the last resumption. */
  readonly since: Temporal.Instant;
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
  /** Usage counts to the very instant, not by days. */
  readonly usage: ItemSpan | null;
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
 * new calendar: such a scrap belongs to the period beside it and makes none of its own. A start in a period's last hours is no scrap.
 */
const withoutScraps =
  (periodAround: PeriodAround, since: Temporal.Instant): PeriodAround =>
  (anchor, at) => {
    const found = periodAround(anchor, at);
    const isScrap =
      found.end.epochNanoseconds - at.epochNanoseconds <= widestZoneChange && isBefore(found.start, at) && isBefore(since, at);
    return isScrap ? periodAround(anchor, found.end) : found;
  };

/**
 * One boundary of a subscription: what of the ended span and of the beginning one is billed on its invoice (requirements G4,
 * G12). Pure; the generator, the preview and the dry run all take their spans from here.
 */
export function billingStep(terms: StepTerms, calendar: PeriodAround = periodContaining): BillingStep {
  const { anchor, current, since, end } = terms;
  const periodAround = withoutScraps(calendar, since);
  const stepAnchor = stepAnchorOf(terms);
  const next = nextSpan(stepAnchor, current.end, end?.at ?? null, periodAround);
  const isStart = isEmpty(current) && next !== null;
  const lastDay = end && endOfBilledDays(end, anchor.timezone);

  /** A longer item of a shorter step is billed with the step in which its period ends, from where it began to be billed. */
  const arrears = (item: BillingAnchor): ItemSpan | null => {
    if (isStart) return null;
    const period = periodAround(item, current.start);
    if (next && item !== stepAnchor && isBefore(current.end, period.end)) return null;
    const start = item === stepAnchor ? current.start : later(period.start, since);
    return { period, billed: { start, end: next || !lastDay ? current.end : earlier(lastDay, period.end) } };
  };
  const advance = (item: BillingAnchor): ItemSpan | null => {
    if (!next) return null;
    const period = periodAround(item, next.start);
    const begins = isStart || item === stepAnchor || isBefore(periodAround(item, current.start).start, period.start);
    if (!begins) return null;
    const whole = item === stepAnchor && !end ? next.end : period.end;
    return { period, billed: { start: next.start, end: lastDay ? earlier(lastDay, whole) : whole } };
  };
  const itemsOf = (item: BillingAnchor) => ({ arrears: arrears(item), advance: advance(item) });
  const ofPlan = itemsOf(anchor);
  const ofStep = stepAnchor === anchor ? ofPlan : itemsOf(stepAnchor);
  const counted = (terms.chargesMonthly ? ofStep : ofPlan).arrears;
  return {
    reason: isStart ? 'STARTING' : next ? 'PERIODIC' : 'TERMINATING',
    header: headerOf(current, next, lastDay),
    next,
    plan: filledIn(ofPlan),
    fixed: filledIn(terms.fixedChargesMonthly ? ofStep : ofPlan),
    usage: counted && filled({ ...counted, billed: { start: counted.billed.start, end: current.end } }),
  };
}

/** A subscription that ends at the very start of its period still used that day. */
function headerOf(current: Span, next: Span | null, lastDay: Temporal.Instant | null): Span {
  if (!isEmpty(current)) return current;
  return next ?? { start: current.start, end: later(lastDay ?? current.end, current.end.add({ milliseconds: 1 })) };
}

const filled = (item: ItemSpan | null): ItemSpan | null => (item && isEmpty(item.billed) ? null : item);
const filledIn = ({ arrears, advance }: ItemSpans): ItemSpans => ({ arrears: filled(arrears), advance: filled(advance) });

/**
 * The span after a billed one; it starts where that one ended, so that spans tile time whatever the anchor does. Null when the
 * subscription ended by then.
 */
function nextSpan(
  anchor: BillingAnchor,
  billedEnd: Temporal.Instant,
  endsAt: Temporal.Instant | null,
  periodAround: PeriodAround,
): Span | null {
  if (endsAt && !isBefore(billedEnd, endsAt)) return null;
  const { end } = periodAround(anchor, billedEnd);
  return { start: billedEnd, end: endsAt ? earlier(endsAt, end) : end };
}
