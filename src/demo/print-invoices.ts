interface Amounts {
  readonly currency: string;
}

interface ListedInvoice extends Amounts {
  readonly lago_id: string;
  readonly number: string;
  readonly state: string;
  readonly total: string;
  readonly total_amount_cents: number;
  readonly billing_entity_code: string;
  readonly payment_due_date: string;
  readonly customer: { readonly name: string };
}

interface WholeInvoice extends ListedInvoice {
  readonly fees_amount_cents: number;
  readonly taxes_amount_cents: number;
  readonly period_start: string;
  readonly period_end: string;
  readonly fees: readonly {
    readonly item: { readonly name: string };
    readonly units: string;
    readonly precise_unit_amount: string;
    readonly amount_cents: number;
    readonly derivation: { readonly proration: { readonly billable_days: number; readonly period_days: number } | null };
  }[];
  readonly applied_taxes: readonly { readonly tax_name: string; readonly tax_rate: number; readonly amount_cents: number }[];
}

const cents = (amount: number): string => `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
const columns = (cells: readonly string[], widths: readonly number[]): string =>
  cells.map((cell, i) => ((widths[i] ?? 0) < 0 ? cell.padStart(-(widths[i] ?? 0)) : cell.padEnd(widths[i] ?? 0))).join('  ');

const listWidths = [14, 26, 9, -12, 3, 10, 10];

/** The first invoices as a table, then how many there are. */
export function invoiceTable(invoices: readonly ListedInvoice[], totalCount: number): string {
  const rows = invoices.map((invoice) =>
    columns(
      [
        invoice.number,
        invoice.customer.name,
        invoice.billing_entity_code,
        invoice.total,
        invoice.currency,
        invoice.state,
        invoice.payment_due_date,
      ],
      listWidths,
    ),
  );
  const header = columns(['Number', 'Customer', 'Seller', 'Total', '', 'State', 'Due'], listWidths);
  return [header, '─'.repeat(header.length), ...rows, `… ${totalCount} invoices in all`].join('\n');
}

const lineWidths = [34, -12, -12, -12];

/** One invoice, line by line, with how each proration came about. */
export function invoiceSpelledOut(invoice: WholeInvoice): string {
  const lines = invoice.fees.map((fee) => {
    const { proration } = fee.derivation;
    const name = proration ? `${fee.item.name} (${proration.billable_days}/${proration.period_days} days)` : fee.item.name;
    return columns([name, fee.units, fee.precise_unit_amount, cents(fee.amount_cents)], lineWidths);
  });
  const taxes = invoice.applied_taxes.map((tax) =>
    columns([`${tax.tax_name} ${tax.tax_rate} %`, '', '', cents(tax.amount_cents)], lineWidths),
  );
  return [
    `${invoice.number} for ${invoice.customer.name}, ${invoice.period_start} to ${invoice.period_end}`,
    columns(['', 'Units', 'Unit price', invoice.currency], lineWidths),
    ...lines,
    columns(['Subtotal', '', '', cents(invoice.fees_amount_cents)], lineWidths),
    ...taxes,
    columns(['Total', '', '', cents(invoice.total_amount_cents)], lineWidths),
  ].join('\n');
}

export type { ListedInvoice, WholeInvoice };
