import type { CapturedLine } from '../../../domain/invoicing/captured-lines.ts';
import { inMajorUnits } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { newId } from '../../../platform/database/ids.ts';
import { runStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { toJson } from '../../../platform/http/strict-json.ts';
import { InvoiceRow } from '../invoice.entity.ts';

export interface LineToCapture extends CapturedLine {
  readonly type: 'subscription' | 'add_on' | 'refund';
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  /** Where the line comes from: the provider's line, or the charge that was refunded. */
  readonly origin: Readonly<Record<string, string | null>>;
}

const insertLines = {
  name: 'fees.insert_captured',
  text: `insert into fees (organization_id, created_at, invoice_id, billing_entity_id, currency, subscription_id, events_count, id, fee_type, name, units,
      unit_amount, amount_cents, taxes_rate, taxes_amount_cents, period_start, period_end, derivation)
    select $1, $2, $3, $4, $5, $6, 0, r.* from unnest($7::uuid[], $8::text[], $9::text[], $10::numeric[], $11::numeric[], $12::int8[], $13::numeric[],
      $14::int8[], $15::timestamptz[], $16::timestamptz[], $17::jsonb[]) as r`,
};

/** How a captured line came to its amount: the provider says so, once. */
const derivationOf = (row: InvoiceRow, line: LineToCapture, at: Date): string =>
  toJson({
    version: 1,
    currency: row.currency,
    billed: { start: (line.periodStart ?? at).toISOString(), end: (line.periodEnd ?? at).toISOString() },
    unit_amount: inMajorUnits(Exact.fromInteger(line.amountCents), row.currency).toDecimal(),
    units: '1',
    proration: null,
    precise_amount_cents: line.amountCents.toString(),
    rounding: 'half_away_from_zero',
    amount_cents: line.amountCents.toString(),
    taxes: [],
    provider: { name: 'stripe', ...line.origin },
  });

/** After the header, whose sum they must make up. */
export async function insertCapturedLines(tx: Tx, row: InvoiceRow, lines: readonly LineToCapture[], at: Date): Promise<void> {
  if (lines.length === 0) return;
  await runStatement(tx, insertLines, [
    row.organizationId,
    at,
    row.id,
    row.billingEntityId,
    row.currency,
    row.subscriptionId,
    lines.map(() => newId()),
    lines.map((line) => line.type),
    lines.map((line) => line.name),
    lines.map((line) => line.units),
    lines.map((line) => line.unitAmount),
    lines.map((line) => line.amountCents),
    lines.map((line) => line.taxesRate),
    lines.map((line) => line.taxesAmountCents),
    lines.map((line) => line.periodStart),
    lines.map((line) => line.periodEnd),
    lines.map((line) => derivationOf(row, line, at)),
  ]);
}

/** Of a draft: an issued invoice's lines cannot be deleted. */
export async function deleteLines(tx: Tx, row: InvoiceRow): Promise<void> {
  await tx.query('delete from fees where organization_id = $1 and invoice_id = $2', [row.organizationId, row.id]);
}

/** Locked; undefined when it was never captured. */
export async function findCapturedInvoice(
  tx: Tx,
  organizationId: string,
  providerInvoiceId: string,
): Promise<InvoiceRow | undefined> {
  const where = { organizationId, providerInvoiceId };
  return (await tx.findOne(InvoiceRow, { where, lock: { mode: 'pessimistic_write' } })) ?? undefined;
}

export async function isNumberTaken(tx: Tx, row: InvoiceRow, invoiceNumber: string): Promise<boolean> {
  const { organizationId, billingEntityId } = row;
  return tx.existsBy(InvoiceRow, { organizationId, billingEntityId, invoiceNumber });
}

/** Minor units booked as refunds so far, of this charge or of all: zero or negative. */
export async function bookedRefunds(tx: Tx, row: InvoiceRow, chargeId: string | null = null): Promise<bigint> {
  const [sum] = (await tx.query(
    `select coalesce(sum(amount_cents), 0)::text as booked from fees where organization_id = $1 and invoice_id = $2 and fee_type = 'refund'
       and ($3::text is null or derivation -> 'provider' ->> 'charge_id' = $3)`,
    [row.organizationId, row.id, chargeId],
  )) as { booked: string }[];
  return BigInt(sum?.booked ?? '0');
}
