import type { FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import type { FeeType, TaxRate } from '../../../domain/invoicing/items.ts';
import type { InvoicingReason } from '../../../domain/lifecycles/billing-step.ts';
import type { TaxKind } from '../../../domain/taxation/decide-taxes.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { groupRows } from '../../../platform/database/group-rows.ts';
import type { Query } from '../../../platform/database/sql.ts';

/** A subscription's place on a draft: the period that ended when it was priced. */
export interface DraftedSpan {
  readonly invoice_id: string;
  readonly subscription_id: string;
  readonly invoicing_reason: InvoicingReason;
  readonly current_period_start: Date;
  readonly current_period_end: Date;
}

export interface DraftedFee {
  readonly id: string;
  readonly invoice_id: string;
  readonly subscription_id: string | null;
  readonly fee_type: FeeType;
  readonly item_id: string | null;
  readonly name: string;
  readonly taxes_amount_cents: string;
  readonly derivation: FeeDerivation;
}

interface DraftedTax {
  readonly invoice_id: string;
  readonly tax_id: string | null;
  readonly tax_code: string;
  readonly tax_name: string;
  readonly tax_rate: string;
  readonly address_rule: TaxKind | null;
}

/** What a draft says. */
export interface Drafted {
  readonly spans: readonly DraftedSpan[];
  readonly fees: readonly DraftedFee[];
  /** Of a fee, in the order of its derivation. */
  taxesOf(derivation: FeeDerivation): readonly TaxRate[];
}

const selectSpans = {
  name: 'billing.drafted_spans',
  text: `select invoice_id, subscription_id, invoicing_reason, current_period_start, current_period_end
    from invoice_subscriptions where organization_id = $1 and invoice_id = any($2::uuid[]) and current_period_start is not null
    order by invoice_id, current_period_end, subscription_id`,
};

const selectFees = {
  name: 'billing.drafted_fees',
  text: `select id, invoice_id, subscription_id, fee_type, item_id, name, taxes_amount_cents::text, derivation
    from fees where organization_id = $1 and invoice_id = any($2::uuid[]) order by id`,
};

const selectTaxes = {
  name: 'billing.drafted_taxes',
  text: `select invoice_id, tax_id, tax_code, tax_name, tax_rate::text, address_rule from invoice_taxes
    where organization_id = $1 and invoice_id = any($2::uuid[])`,
};

/** By invoice, of those that bill a subscription's period and say which. */
export async function readDrafted(
  query: Query,
  organizationId: string,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, Drafted>> {
  const values = [organizationId, invoiceIds];
  const spans = groupRows(await query<DraftedSpan>(selectSpans, values), (span) => span.invoice_id);
  const fees = groupRows(await query<DraftedFee>(selectFees, values), (fee) => fee.invoice_id);
  const taxes = groupRows(await query<DraftedTax>(selectTaxes, values), (tax) => tax.invoice_id);
  return new Map(
    [...spans].map(([id, own]) => [id, { spans: own, fees: fees.get(id) ?? [], taxesOf: taxesAmong(taxes.get(id) ?? []) }]),
  );
}

const taxesAmong =
  (taxes: readonly DraftedTax[]): Drafted['taxesOf'] =>
  (derivation) =>
    derivation.taxes.map(({ code, rate, address }) => {
      const line = taxes.find((tax) => tax.tax_code === code && Exact.parse(tax.tax_rate).compare(Exact.parse(rate)) === 0);
      if (!line) throw new Error(`a fee is taxed by ${code}, of which its draft says nothing`);
      return { id: line.tax_id, code, name: line.tax_name, rate, ...(address && { address }) };
    });
