import { localDateOf, startOfLocalDay } from '../../../domain/calendar/local-day.ts';
import { inMajorUnits } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { dateOf, instantOf, isoOf, lastSecondOf } from '../../../platform/clock/clock.ts';
import { partId } from '../../../platform/database/ids.ts';
import { jsonNumber } from '../../../platform/http/strict-json.ts';
import type { BilledItem } from '../../plans/index.ts';
import type { FeeRow } from '../fee.entity.ts';
import type { InvoiceRow } from '../invoice.entity.ts';
import { paymentStatusOf } from '../invoice.presenter.ts';
import { amountDetails } from './amount-details.ts';

/** A fee, stored or only previewed. */
export type FeeToPresent = Omit<FeeRow, 'id' | 'createdAt'> & { readonly id: string | null; readonly createdAt: Date | null };

/** A tax by its name, for the codes that derivations keep. */
export interface NamedTax {
  readonly taxId: string | null;
  readonly taxCode: string;
  readonly taxName: string;
  readonly taxRate: string;
  readonly note: string | null;
}

/** What a fee shows of its neighbours. */
export interface FeeContext {
  /** What it is for. */
  readonly item: BilledItem | undefined;
  readonly externalSubscriptionId: string | null;
  readonly customer: { readonly id: string; readonly externalId: string } | undefined;
  readonly invoice: Pick<InvoiceRow, 'status' | 'paidAt' | 'timezone'> | undefined;
  readonly taxes: readonly NamedTax[];
  /** Of a true-up the fee that it fills up, and the other way round. */
  readonly trueUpId: string | null;
  readonly trueUpParentId: string | null;
}

const decimal = (text: string): string => Exact.parse(text).toDecimal();
const iso = (date: Date | null | undefined): string | null => (date ? isoOf(date) : null);

export function presentFee(fee: FeeToPresent, context: FeeContext) {
  const { derivation, currency } = fee;
  const amount = Exact.parse(derivation.precise_amount_cents);
  const discount = Exact.parse(derivation.discount_cents ?? '0');
  const taxes = derivation.taxes.reduce((sum, tax) => sum.plus(Exact.parse(tax.precise_amount_cents)), Exact.zero);
  return {
    id: fee.id,
    lago_id: fee.id,
    lago_invoice_id: fee.invoiceId,
    lago_subscription_id: fee.subscriptionId,
    external_subscription_id: context.externalSubscriptionId,
    lago_customer_id: context.customer?.id ?? null,
    external_customer_id: context.customer?.externalId ?? null,
    lago_billing_entity_id: fee.billingEntityId,
    lago_charge_id: fee.feeType === 'charge' ? fee.itemId : null,
    lago_charge_filter_id: derivation.filter_id ?? null,
    lago_fixed_charge_id: fee.feeType === 'fixed_charge' ? fee.itemId : null,
    lago_true_up_fee_id: context.trueUpId,
    lago_true_up_parent_fee_id: context.trueUpParentId,
    pay_in_advance: fee.payInAdvance,
    invoiceable: context.invoice !== undefined,
    event_transaction_id: fee.eventTransactionId,
    is_true_up: derivation.true_up !== undefined,
    ...paymentOf(context.invoice),
    item: {
      type: fee.feeType,
      code: context.item?.code ?? null,
      name: fee.name,
      description: fee.description,
      lago_item_id: context.item?.id ?? fee.itemId,
      item_type: context.item?.type ?? null,
      filters: derivation.filter_values ?? null,
      grouped_by: derivation.grouped_by ?? {},
    },
    invoice_display_name: fee.name,
    description: fee.description,
    amount_cents: fee.amountCents,
    amount_currency: currency,
    precise_amount: inMajorUnits(amount, currency).toDecimal(),
    precise_coupons_amount_cents: discount.toDecimal(),
    sub_total_excluding_taxes_amount_cents: Exact.fromInteger(fee.amountCents).minus(discount).roundToInteger(),
    sub_total_excluding_taxes_precise_amount_cents: amount.minus(discount).toDecimal(),
    taxes_amount_cents: fee.taxesAmountCents,
    taxes_precise_amount: inMajorUnits(taxes, currency).toDecimal(),
    taxes_rate: jsonNumber(decimal(fee.taxesRate)),
    applied_taxes: appliedTaxesOf(fee, context.taxes),
    total_amount_cents: fee.amountCents + fee.taxesAmountCents,
    total_amount_currency: currency,
    precise_total_amount: inMajorUnits(amount.plus(taxes), currency).toDecimal(),
    units: decimal(fee.units),
    total_aggregated_units: derivation.evidence?.aggregated ?? decimal(fee.units),
    events_count: fee.eventsCount,
    precise_unit_amount: decimal(fee.unitAmount),
    amount_details: amountDetails(fee.feeType, derivation),
    self_billed: false,
    from_date: iso(fee.periodStart && firstInstantOf(fee, fee.periodStart, context.invoice?.timezone)),
    to_date: fee.periodStart && fee.periodEnd && lastSecondOf(fee.periodStart, fee.periodEnd),
    derivation,
    created_at: iso(fee.createdAt),
  };
}

const ofWholeDays: readonly string[] = ['subscription', 'fixed_charge', 'commitment'];

/** What counts by days begins with the local day of its start (as Lago); usage begins at the very instant. */
const firstInstantOf = ({ feeType }: FeeToPresent, start: Date, timezone: string | undefined): Date =>
  timezone !== undefined && ofWholeDays.includes(feeType)
    ? dateOf(startOfLocalDay(localDateOf(instantOf(start), timezone), timezone))
    : start;

/** A fee is paid with its invoice. */
function paymentOf(invoice: FeeContext['invoice']) {
  return {
    payment_status: invoice ? paymentStatusOf(invoice) : 'pending',
    succeeded_at: invoice?.status === 'PAID' ? iso(invoice.paidAt) : null,
    failed_at: null,
    refunded_at: null,
  };
}

/** Each rate of the fee; the invoice rounds their sum once, so these may differ from it by a cent. */
function appliedTaxesOf({ id, derivation, currency, createdAt }: FeeToPresent, named: readonly NamedTax[]) {
  return derivation.taxes.map((tax) => {
    const known =
      named.find(({ taxCode, taxRate }) => taxCode === tax.code && decimal(taxRate) === decimal(tax.rate)) ??
      named.find(({ taxCode }) => taxCode === tax.code);
    return {
      lago_id: id && partId(id, `tax ${tax.code} ${decimal(tax.rate)}`),
      lago_fee_id: id,
      lago_tax_id: known?.taxId ?? null,
      tax_code: tax.code,
      tax_name: known?.taxName ?? tax.code,
      tax_description: known?.note ?? null,
      tax_rate: jsonNumber(decimal(tax.rate)),
      amount_cents: Exact.parse(tax.precise_amount_cents).roundToInteger(),
      amount_currency: currency,
      created_at: iso(createdAt),
    };
  });
}
