import { In } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { rowsById } from '../../../platform/database/find-row.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { BillableMetricRow } from '../../billable-metrics/index.ts';
import { findTaxes, replaceTaxes, type TaxRow } from '../../taxes/index.ts';
import { placePrices } from '../place-prices.ts';
import type { PlanRow } from '../plan.entity.ts';
import { isPlanLive } from '../plans.store.ts';
import type { ListedChargeInput } from './charge.dto.ts';
import { ChargeFilterRow } from './charge-filter.entity.ts';
import { writeFilters } from './charge-filters.ts';
import { ChargeRow } from './charge.entity.ts';
import { decideCharges, filtersOf, type KnownCharges, type PriceWrite } from './decide-charges.ts';

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
  const known = await load(tx, plan, inputs);
  const taxes: (TaxRow[] | undefined)[] = [];
  for (const input of inputs)
    taxes.push(input.tax_codes === undefined ? undefined : await findTaxes(tx, organizationId, input.tax_codes ?? []));

  const places = placePrices(
    known.charges.map((row) => ({ id: row.id, code: row.code, sourceId: row.billableMetricId })),
    inputs.map((input) => {
      const source = input.billable_metric_id === undefined ? undefined : known.metrics.get(input.billable_metric_id);
      return { id: input.id, code: input.code, ...(source ? { source } : {}) };
    }),
    write === 'add',
  );
  const wanted = decideCharges(plan, places, { inputs, known, write, at });

  const added = wanted.filter((_, i) => places[i]?.kind === 'add');
  for (const { row } of wanted.filter((_, i) => places[i]?.kind === 'change')) {
    const { organizationId: _organization, id, planId: _plan, createdAt: _created, ...changes } = row;
    await tx.update(ChargeRow, { organizationId, id }, changes);
  }
  if (added.length > 0)
    await tx.insert(
      ChargeRow,
      added.map(({ row }) => row),
    );
  for (const [i, { row, filters }] of wanted.entries()) {
    await writeFilters(tx, row, filters, filtersOf(known, row.id));
    const listed = taxes[i];
    if (listed) await replaceTaxes(tx, organizationId, 'charge', row.id, listed);
  }
  if (write === 'replace') {
    const listed = new Set(wanted.map(({ row }) => row.id));
    await deactivateCharges(
      tx,
      plan,
      known.charges.filter((row) => !listed.has(row.id)),
      at,
    );
  }
  return wanted.map(({ row }) => row);
}

/** For good: usage of these charges is not billed from now on. */
export async function deactivateCharges(tx: Tx, plan: PlanRow, rows: readonly ChargeRow[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map((row) => row.id);
  await tx.update(ChargeRow, { organizationId: plan.organizationId, id: In(ids) }, { status: 'INACTIVE', updatedAt: at });
}

async function load(tx: Tx, plan: PlanRow, inputs: readonly ListedChargeInput[]): Promise<KnownCharges> {
  const { organizationId } = plan;
  const charges = await tx.findBy(ChargeRow, { organizationId, planId: plan.id, status: 'ACTIVE' });
  const filters =
    charges.length === 0 ? [] : await tx.findBy(ChargeFilterRow, { organizationId, chargeId: In(charges.map((row) => row.id)) });
  const named = new Set(inputs.flatMap((input) => input.billable_metric_id ?? []));
  const wanted = new Set([...named, ...charges.map((row) => row.billableMetricId)]);
  const metrics = await rowsById(tx, BillableMetricRow, organizationId, wanted);
  if (metrics.size !== wanted.size) throw new BillingError('billable_metric_not_found');
  return { charges, filters, metrics, isPlanLive: charges.length > 0 && (await isPlanLive(tx, plan)) };
}
