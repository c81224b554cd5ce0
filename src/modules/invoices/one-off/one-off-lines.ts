import type { EntityManager } from 'typeorm';
import { invalid } from '../../../domain/errors/billing-error.ts';
import type { AddOnItem, TaxRate } from '../../../domain/invoicing/items.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { formatMajor } from '../../../domain/money/currency.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import { findAddOn } from '../../add-ons/index.ts';
import type { CustomerRow } from '../../customers/index.ts';
import { type DecidedTaxes, findTaxes, taxesOf, TaxRow } from '../../taxes/index.ts';
import type { LineItemInput, OneOffFeeInput } from './one-off-invoice.dto.ts';

/** What the lines of one invoice have in common. */
export interface LineGround {
  readonly organizationId: string;
  readonly customer: CustomerRow;
  readonly sellerId: string;
  /** Where neither customer, seller nor organization has a tax. */
  readonly taxesByAddress: DecidedTaxes;
  readonly currency: string;
  readonly at: Date;
}

/** @throws BillingError add_on_not_found, validation_errors (unknown tax, another currency, a span that ends before it starts) */
export async function linesOfFees(
  manager: EntityManager,
  ground: LineGround,
  fees: readonly OneOffFeeInput[],
): Promise<AddOnItem[]> {
  const usual = await usualTaxes(manager, ground);
  const items: AddOnItem[] = [];
  for (const [position, fee] of fees.entries()) {
    const addOn = await findAddOn(manager, ground.organizationId, fee.add_on_code);
    if (fee.unit_amount_cents == null && addOn.amountCurrency !== ground.currency)
      throw invalid({ [`fees.${position}.add_on_code`]: ['currencies_does_not_match'] });
    const start = fee.from_datetime ?? ground.at;
    if (fee.to_datetime && fee.to_datetime < start)
      throw invalid({ [`fees.${position}.to_datetime`]: ['value_is_out_of_range'] });
    const [from, last] = [instantOf(start), fee.to_datetime && instantOf(fee.to_datetime)];
    // The wire names the last second, spans are half-open.
    const billed = { start: from, end: last?.add({ seconds: 1 }) ?? from };
    items.push({
      kind: 'add_on',
      id: addOn.id,
      name: fee.invoice_display_name ?? addOn.invoiceDisplayName ?? addOn.name,
      description: fee.description ?? addOn.description,
      units: fee.units ?? '1',
      unitAmount: formatMajor(fee.unit_amount_cents ?? addOn.amountCents, ground.currency),
      taxes: fee.tax_codes == null ? usual : (await findTaxes(manager, ground.organizationId, fee.tax_codes)).map(rateOf),
      period: billed,
      billed,
    });
  }
  return items;
}

/**
 * Lines in free words name no tax, so the customer's country has to say where they are taxed.
 * @throws BillingError validation_errors `customer.country`
 */
export async function linesOfItems(
  manager: EntityManager,
  ground: LineGround,
  items: readonly LineItemInput[],
): Promise<AddOnItem[]> {
  if (ground.customer.country === null) throw invalid({ 'customer.country': ['value_is_mandatory'] });
  const taxes = await usualTaxes(manager, ground);
  const at = instantOf(ground.at);
  const billed = { start: at, end: at };
  return items.map((item) => ({
    kind: 'add_on',
    id: null,
    name: item.description,
    description: null,
    units: item.quantity ?? '1',
    unitAmount: item.unit_amount,
    taxes,
    period: billed,
    billed,
  }));
}

/** Those of the customer, else of the seller, else of the organization, the nearest that has any; else what the addresses decide. */
async function usualTaxes(
  manager: EntityManager,
  { organizationId, customer, sellerId, taxesByAddress }: LineGround,
): Promise<readonly TaxRate[]> {
  const ofCustomer = (await taxesOf(manager, organizationId, 'customer', [customer.id])).get(customer.id);
  const ofSeller = (await taxesOf(manager, organizationId, 'billing_entity', [sellerId])).get(sellerId);
  const rows =
    ofCustomer ??
    ofSeller ??
    (await manager.find(TaxRow, { where: { organizationId, appliedToOrganization: true }, order: { code: 'asc' } }));
  return rows.length > 0 ? rows.map(rateOf) : taxesByAddress();
}

const rateOf = ({ id, code, name, rate }: TaxRow): TaxRate => ({ id, code, name, rate: Exact.parse(rate).toDecimal() });
