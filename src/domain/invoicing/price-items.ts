import { assembleInvoice, type PricedInvoice } from './assemble-invoice.ts';
import type { CommitmentItem, DiscountItem, InvoiceItem } from './items.ts';
import { type Line, type LineSettings, linesOf, trueUpLine } from './lines.ts';

export interface InvoiceToPrice extends LineSettings {
  /** In the order of the fees; true-ups come after what they fill up. */
  readonly items: readonly InvoiceItem[];
  readonly discounts?: readonly DiscountItem[];
}

/**
 * Prices an invoice: no clock, no database. Preview, dry run, current usage and the invoice all call this one function
 * (requirements G5–G9, H10).
 */
export function priceInvoice(invoice: InvoiceToPrice): PricedInvoice {
  const lines: Line[] = [];
  for (const item of invoice.items) {
    const own = linesOf(item, invoice);
    lines.push(...own);
    if (item.kind === 'charge' && item.minimumCents !== undefined) lines.push(...trueUpLine(item, sumOf(own), invoice));
  }
  for (const item of invoice.items)
    if (item.kind === 'commitment') lines.push(...trueUpLine(item, chargedTowards(item, lines), invoice));
  return assembleInvoice(invoice.currency, lines, invoice.discounts);
}

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
