import { assembleInvoice, type PricedInvoice } from './assemble-invoice.ts';
import type { CommitmentItem, DiscountItem, InvoiceItem, UsageChargeItem } from './items.ts';
import { type Line, type LineSettings, linesOf, trueUpLine } from './lines.ts';
import { followsUsage } from './standing-line.ts';

/** What one subscription, or nobody's, puts on an invoice. */
export interface InvoicePart extends LineSettings {
  /** In the order of the fees; true-ups come after what they fill up. */
  readonly items: readonly InvoiceItem[];
  readonly subscriptionId?: string | null;
  /** Of a draft whose usage is counted again: all that stands on it. The items are its usage and minimums; everything else stays. */
  readonly drafted?: readonly Line[];
}

export interface InvoiceToPrice extends InvoicePart {
  readonly discounts?: readonly DiscountItem[];
}

/**
 * Prices an invoice: no clock, no database. Preview, dry run, current usage and the invoice all call this one function
 * (requirements G5–G9, H10).
 */
export const priceInvoice = (invoice: InvoiceToPrice): PricedInvoice => priceTogether([invoice], invoice.discounts);

/**
 * Prices what several subscriptions bill on one invoice: each by its own calendar and towards its own commitment, taxes and total over
 * all. The parts have one currency.
 */
export function priceTogether(parts: readonly InvoicePart[], discounts: readonly DiscountItem[] = []): PricedInvoice {
  const lines = parts.flatMap((part) =>
    linesOfPart(part).map((line) => ({
      ...line,
      subscriptionId: part.subscriptionId ?? null,
      ...(part.dayCount && { dayCount: part.dayCount }),
    })),
  );
  return assembleInvoice(parts[0]?.currency ?? '', lines, discounts);
}

function linesOfPart(invoice: InvoicePart): Line[] {
  const lines = (invoice.drafted ?? []).filter(({ type, trueUp }) => !followsUsage(type, trueUp !== undefined));
  for (const item of invoice.items) {
    lines.push(...linesOf(item, invoice));
    if (item.kind === 'charge' && item.minimumCents !== undefined)
      lines.push(...missingTo(item, lines, invoice, (others) => sumOf(others.filter((line) => isUsageOf(item, line)))));
  }
  for (const item of invoice.items)
    if (item.kind === 'commitment') lines.push(...missingTo(item, lines, invoice, (others) => chargedTowards(item, others)));
  return lines;
}

/**
 * What is missing to a minimum. One that a draft had reached by what it charged then is the least it can have been: where today's would
 * not have been reached, it became another one since, and the draft keeps lacking nothing.
 */
function missingTo(
  item: UsageChargeItem | CommitmentItem,
  lines: readonly Line[],
  { drafted, ...settings }: InvoicePart,
  charged: (lines: readonly Line[]) => bigint,
): Line[] {
  const wasReached = drafted && !drafted.some((line) => line.trueUp && line.type === item.kind && line.itemId === item.id);
  if (wasReached && trueUpLine(item, charged(drafted), settings).length > 0) return [];
  return trueUpLine(item, charged(lines), settings);
}

const isUsageOf = (item: UsageChargeItem, { type, itemId, trueUp }: Line): boolean =>
  type === 'charge' && itemId === item.id && trueUp === undefined;

const sumOf = (lines: readonly Line[]): bigint => lines.reduce((sum, line) => sum + line.precise.roundToInteger(), 0n);

/** The fees that begin in the committed span count towards it; those of the next period on the same invoice do not. */
function chargedTowards(item: CommitmentItem, lines: readonly Line[]): bigint {
  const from = item.billed.start.epochNanoseconds;
  const to = item.billed.end.epochNanoseconds;
  const counted = lines.filter(({ type, billed }) => {
    const start = billed.start.epochNanoseconds;
    return type !== 'commitment' && type !== 'add_on' && start >= from && start < to;
  });
  return item.billedBeforeCents + sumOf(counted);
}
