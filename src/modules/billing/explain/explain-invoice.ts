import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { holds, recompute } from '../../../domain/invoicing/recompute.ts';
import { tellDerivation } from '../../../domain/invoicing/tell-derivation.ts';
import { formatMajor } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { isId } from '../../../platform/database/ids.ts';
import { queryOn } from '../../../platform/database/sql.ts';
import { FeeRow, InvoiceRow } from '../../invoices/index.ts';
import { recountFee } from './recount-fee.ts';
import { recountTrueUp } from './recount-true-up.ts';

export interface InvoiceExplanation {
  readonly invoice: InvoiceRow;
  readonly fees: readonly { readonly fee: FeeRow; readonly sentences: readonly string[] }[];
}

export interface Verification {
  readonly fees: number;
  /** Fees whose units were counted again from their events, or their minimum again from other fees. */
  readonly recounted: number;
  /** What differs, in the order of the invoice; empty: every cent is proved. */
  readonly differences: readonly string[];
}

/** An invoice told in sentences, and proved: from its derivations, and those from the events as they were sent. */
@Injectable()
export class ExplainInvoice {
  constructor(private readonly dataSource: DataSource) {}

  /** By id or number. @throws BillingError invoice_not_found */
  async execute(idOrNumber: string): Promise<InvoiceExplanation> {
    const { manager } = this.dataSource;
    const invoice = await manager.findOneBy(InvoiceRow, isId(idOrNumber) ? { id: idOrNumber } : { invoiceNumber: idOrNumber });
    if (!invoice) throw new BillingError('invoice_not_found');
    const { organizationId, id } = invoice;
    const rows = await manager.find(FeeRow, { where: { organizationId, invoiceId: id }, order: { id: 'asc' } });
    return { invoice, fees: rows.map((fee) => ({ fee, sentences: tellDerivation(fee.derivation) })) };
  }

  async verify({ invoice, fees }: InvoiceExplanation): Promise<Verification> {
    const differences: string[] = [];
    let recounted = 0;
    for (const { fee } of fees) {
      differences.push(...recomputed(fee));
      const charged = await recountTrueUp(queryOn(this.dataSource), fee);
      if (charged) {
        recounted++;
        const said = fee.derivation.true_up?.charged_cents;
        if (said !== charged.charged_cents)
          differences.push(`${nameOf(fee)} fills up ${said} minor units, but the other fees say ${charged.charged_cents}`);
      }
      const counted = await recountFee(queryOn(this.dataSource), fee);
      if (!counted) continue;
      recounted++;
      const { pricing, units, events_count: events } = fee.derivation;
      const inputs = pricing?.inputs ?? { units, events_count: events ?? '0' };
      const said = { ...inputs, ...(pricing ? {} : { units }), ...(pricing?.paid && { paid: pricing.paid }) };
      const found = {
        ...counted,
        ...(pricing ? {} : { units: counted.prorated_units ?? counted.units, prorated_units: undefined }),
      };
      if (canonical(said) !== canonical(found))
        differences.push(`${nameOf(fee)} counted ${canonical(said)}, but its events say ${canonical(found)}`);
    }
    differences.push(
      ...summed(
        invoice,
        fees.map(({ fee }) => fee),
      ),
    );
    return { fees: fees.length, recounted, differences };
  }
}

const canonical = (value: object): string => JSON.stringify(value, Object.keys(flatten(value)).toSorted());
const flatten = (value: object): Record<string, unknown> =>
  Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? { [key]: 0, ...flatten(inner as object) }
        : { [key]: 0 },
    ),
  ) as Record<string, unknown>;

const nameOf = (fee: FeeRow): string => `fee ${fee.id} (${fee.name})`;
const money = (cents: bigint, currency: string): string => `${formatMajor(cents, currency)} ${currency}`;

/** From the derivation alone. */
function recomputed(fee: FeeRow): string[] {
  const again = recompute(fee.derivation);
  const { currency } = fee;
  if (again.amountCents !== fee.amountCents)
    return [
      `${nameOf(fee)} is ${money(fee.amountCents, currency)}, but its derivation comes to ${money(again.amountCents, currency)}`,
    ];
  if (again.taxesAmountCents !== fee.taxesAmountCents)
    return [
      `${nameOf(fee)} is taxed ${money(fee.taxesAmountCents, currency)}, but its derivation comes to ${money(again.taxesAmountCents, currency)}`,
    ];
  return holds(fee.derivation) ? [] : [`${nameOf(fee)} has a derivation whose steps do not follow from each other`];
}

/** The header is the sum of its fees less the credit it took, and its tax is rounded once from the exact sum. */
function summed(invoice: InvoiceRow, fees: readonly FeeRow[]): string[] {
  const { currency } = invoice;
  const amount = fees.reduce((sum, fee) => sum + fee.amountCents, 0n);
  const taxes = fees
    .flatMap((fee) => recompute(fee.derivation).preciseTaxesCents)
    .reduce((sum, precise) => sum.plus(Exact.parse(precise)), Exact.zero)
    .roundToInteger();
  const total = amount - invoice.discountAmountCents + taxes - invoice.creditNotesAmountCents;
  const rows: [string, bigint, bigint][] = [
    ['fees', invoice.feesAmountCents, amount],
    ['taxes', invoice.taxesAmountCents, taxes],
    ['total', invoice.totalCents, total],
  ];
  return rows.flatMap(([what, said, found]) =>
    said === found
      ? []
      : [
          `invoice ${invoice.invoiceNumber ?? invoice.id} says ${what} ${money(said, currency)}, but they come to ${money(found, currency)}`,
        ],
  );
}
