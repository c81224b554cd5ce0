import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import { invalid } from '../../domain/errors/billing-error.ts';

/** The largest amount that PostgreSQL's bigint holds, in minor units. */
const largest = 2n ** 63n - 1n;

const fits = (cents: bigint): boolean => cents <= largest && cents >= -largest;

/** A preview and a dry run refuse what no invoice could hold. @throws BillingError validation_errors (amount_cents) */
export function storable(priced: PricedInvoice): PricedInvoice {
  const amounts = [
    priced.feesAmountCents,
    priced.taxesAmountCents,
    priced.totalCents,
    ...priced.fees.map((fee) => fee.amountCents),
  ];
  if (!amounts.every(fits)) throw invalid({ amount_cents: ['value_is_out_of_range'] });
  return priced;
}
