import type { Stripe } from 'stripe';
import type { World } from '../world/world.ts';
import { idOf } from '../world/fields.ts';
import { includedPercentOf, percentOf, share } from './exact.ts';
import type { Line } from './line.ts';

/** Discounts, then taxes, then the sums: everything on an invoice that follows from its lines. */
export function total(world: World, invoice: Stripe.Invoice, lines: readonly Line[]): void {
  for (const { row } of lines) Object.assign(row, { discount_amounts: [], taxes: [] });
  const discounted = [
    ...new Set([...invoice.discounts, ...lines.flatMap(({ row }) => row.discounts)].map((one) => idOf(one) ?? '')),
  ];
  for (const id of discounted) discount(world, id, invoice, lines);
  for (const line of lines) tax(invoice, line);
  const rows = lines.map(({ row }) => row);
  invoice.subtotal = sum(rows.map(({ amount }) => amount));
  invoice.total_discount_amounts = totalsBy(
    rows.flatMap(({ discount_amounts }) => discount_amounts ?? []),
    ({ discount }) => idOf(discount) ?? '',
  );
  invoice.total_taxes = totalsBy(
    rows.flatMap(({ taxes }) => taxes ?? []),
    ({ tax_rate_details, tax_behavior }) => `${tax_rate_details?.tax_rate} ${tax_behavior}`,
  );
  const taxes = invoice.total_taxes ?? [];
  const included = sum(taxes.filter(({ tax_behavior }) => tax_behavior === 'inclusive').map(({ amount }) => amount));
  const discounts = sum((invoice.total_discount_amounts ?? []).map(({ amount }) => amount));
  invoice.subtotal_excluding_tax = invoice.subtotal - included;
  invoice.total_excluding_tax = invoice.subtotal - discounts - included;
  invoice.total = invoice.total_excluding_tax + sum(taxes.map(({ amount }) => amount));
  due(invoice);
}

/** What is to be paid once the customer's balance is taken in. */
export function due(invoice: Stripe.Invoice): void {
  invoice.amount_due = Math.max(0, invoice.total + invoice.starting_balance - invoice.pre_payment_credit_notes_amount);
  invoice.amount_remaining = Math.max(0, invoice.amount_due - invoice.amount_paid);
}

export const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

/** Adds up what carries the same name. */
function totalsBy<T extends { amount: number; taxable_amount?: number | null }>(
  parts: readonly T[],
  nameOf: (part: T) => string,
): T[] {
  const totals = new Map<string, T>();
  for (const part of parts) {
    const former = totals.get(nameOf(part));
    if (!former) totals.set(nameOf(part), { ...part });
    else {
      former.amount += part.amount;
      if (former.taxable_amount !== undefined) former.taxable_amount = (former.taxable_amount ?? 0) + (part.taxable_amount ?? 0);
    }
  }
  return [...totals.values()];
}

const discountedSoFar = (row: Stripe.InvoiceLineItem): number => sum((row.discount_amounts ?? []).map(({ amount }) => amount));

function discount(world: World, id: string, invoice: Stripe.Invoice, lines: readonly Line[]): void {
  const coupon = world.store.coupons.find(idOf(world.store.discounts.find(id)?.source.coupon));
  if (!coupon) return;
  const ofInvoice = invoice.discounts.some((one) => idOf(one) === id);
  const rows = lines
    .map(({ row }) => row)
    .filter((row) => row.discountable && row.amount > 0 && (ofInvoice || row.discounts.some((one) => idOf(one) === id)));
  const rests = rows.map((row) => row.amount - discountedSoFar(row));
  const whole = sum(rests);
  let left = Math.min(coupon.amount_off ?? 0, whole);
  rows.forEach((row, index) => {
    const rest = rests[index] ?? 0;
    const amount =
      coupon.percent_off === null
        ? index === rows.length - 1
          ? left
          : share(Math.min(coupon.amount_off ?? 0, whole), rest, whole || 1)
        : percentOf(rest, coupon.percent_off);
    left -= amount;
    row.discount_amounts = [...(row.discount_amounts ?? []), { amount, discount: id }];
  });
}

function tax(invoice: Stripe.Invoice, { row, taxRates }: Line): void {
  const rates = taxRates && taxRates.length > 0 ? taxRates : invoice.default_tax_rates;
  const taxable = row.amount - discountedSoFar(row);
  const exempt = invoice.customer_tax_exempt !== 'none' && invoice.customer_tax_exempt !== null;
  row.taxes = rates.map((rate) => ({
    type: 'tax_rate_details',
    amount: exempt ? 0 : rate.inclusive ? includedPercentOf(taxable, rate.percentage) : percentOf(taxable, rate.percentage),
    tax_behavior: rate.inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: rate.id },
    taxability_reason: exempt ? 'customer_exempt' : 'standard_rated',
    taxable_amount: rate.inclusive ? taxable - includedPercentOf(taxable, rate.percentage) : taxable,
  }));
}
