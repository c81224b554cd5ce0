import { In } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { findTaxes, replaceTaxes, type TaxRow } from '../../taxes/index.ts';
import { BillableMetricRow } from '../../billable-metrics/index.ts';
import { rowsById } from '../../../platform/database/find-row.ts';
import type { ListedChargeInput } from './charge.dto.ts';
import { ChargeRow } from './charge.entity.ts';
import { type Place, placePrices, refusedFields } from '../place-prices.ts';
import type { PlanRow } from '../plan.entity.ts';

/** `replace`: these and no others; `add`: one more; `change`: one that the plan has. */
export type PriceWrite = 'replace' | 'add' | 'change';

/**
 * Writes the charges of a plan whose row is locked, and returns the listed ones.
 * @throws BillingError billable_metric_not_found, validation_errors (fields named `charges.0.…` when a list replaces all)
 */
export async function writeCharges(
  tx: Tx,
  plan: PlanRow,
  inputs: readonly ListedChargeInput[],
  write: PriceWrite,
  at: Date,
): Promise<ChargeRow[]> {
  const { organizationId } = plan;
  const known = await tx.findBy(ChargeRow, { organizationId, planId: plan.id });
  const metrics = await metricsOf(tx, organizationId, inputs);
  const taxes: (TaxRow[] | undefined)[] = [];
  for (const input of inputs)
    taxes.push(input.tax_codes === undefined ? undefined : await findTaxes(tx, organizationId, input.tax_codes ?? []));

  const places = placePrices(
    known.map((row) => ({ id: row.id, code: row.code, sourceId: row.billableMetricId, status: row.status })),
    inputs.map((input) => {
      const source = input.billable_metric_id === undefined ? undefined : metrics.get(input.billable_metric_id);
      return { id: input.id, code: input.code, ...(source ? { source } : {}) };
    }),
    write === 'add',
  );
  refuseWrongOnes(places, inputs, write);
  const rows = places.map((place, i) => chargeOf(plan, place, inputs[i] ?? {}, { known, at }));

  const added = rows.filter((_, i) => places[i]?.kind === 'add');
  for (const row of rows.filter((_, i) => places[i]?.kind === 'change'))
    await tx.update(
      ChargeRow,
      { organizationId, id: row.id },
      { code: row.code, invoiceDisplayName: row.invoiceDisplayName, unitAmount: row.unitAmount, updatedAt: at },
    );
  if (added.length > 0) await tx.insert(ChargeRow, added);
  for (const [i, row] of rows.entries()) {
    const wanted = taxes[i];
    if (wanted) await replaceTaxes(tx, organizationId, 'charge', row.id, wanted);
  }
  if (write === 'replace') {
    const listed = new Set(rows.map((row) => row.id));
    await deactivateCharges(
      tx,
      plan,
      known.filter((row) => row.status === 'ACTIVE' && !listed.has(row.id)),
      at,
    );
  }
  return rows;
}

/** For good: usage of these charges is not billed from now on. */
export async function deactivateCharges(tx: Tx, plan: PlanRow, rows: readonly ChargeRow[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map((row) => row.id);
  await tx.update(ChargeRow, { organizationId: plan.organizationId, id: In(ids) }, { status: 'INACTIVE', updatedAt: at });
}

async function metricsOf(tx: Tx, organizationId: string, inputs: readonly ListedChargeInput[]) {
  const wanted = new Set(inputs.flatMap((input) => input.billable_metric_id ?? []));
  const metrics = await rowsById(tx, BillableMetricRow, organizationId, wanted);
  if (metrics.size !== wanted.size) throw new BillingError('billable_metric_not_found');
  return metrics;
}

function refuseWrongOnes(places: readonly Place[], inputs: readonly ListedChargeInput[], write: PriceWrite): void {
  const prefix = (i: number): string => (write === 'replace' ? `charges.${i}.` : '');
  const wrong = [
    ...refusedFields(places, (i, field) => `${prefix(i)}${field === 'source' ? 'billable_metric_id' : field}`),
    ...places.flatMap((place, i) =>
      place.kind === 'add' && !inputs[i]?.properties ? [[`${prefix(i)}properties`, ['value_is_mandatory']] as const] : [],
    ),
  ];
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));
}

function chargeOf(
  plan: PlanRow,
  place: Place,
  input: ListedChargeInput,
  { known, at }: { known: readonly ChargeRow[]; at: Date },
): ChargeRow {
  if (place.kind === 'refused') throw new Error('a refused charge cannot be written');
  const current = place.kind === 'change' ? known.find((row) => row.id === place.id) : undefined;
  return {
    organizationId: plan.organizationId,
    id: current?.id ?? newId(),
    planId: plan.id,
    billableMetricId: current?.billableMetricId ?? input.billable_metric_id ?? '',
    code: place.code,
    invoiceDisplayName:
      input.invoice_display_name === undefined ? (current?.invoiceDisplayName ?? null) : input.invoice_display_name,
    chargeModel: 'standard',
    unitAmount: input.properties?.amount ?? current?.unitAmount ?? '0',
    status: 'ACTIVE',
    createdAt: current?.createdAt ?? at,
    updatedAt: at,
  };
}
