import { invalid } from '../../../domain/errors/billing-error.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { BillableMetricRow } from '../../billable-metrics/index.ts';
import { type Place, refusedFields } from '../place-prices.ts';
import type { PlanRow } from '../plan.entity.ts';
import { readProperties, under } from '../read-pricing.ts';
import type { ListedChargeInput } from './charge.dto.ts';
import type { ChargeFilterRow } from './charge-filter.entity.ts';
import { readFilters } from './charge-filters.ts';
import { changedRhythm, wrongSettings } from './charge-rules.ts';
import type { ChargeRow } from './charge.entity.ts';

/** `replace`: these and no others; `add`: one more; `change`: one that the plan has; `override`: some that a subscription's own plan has. */
export type PriceWrite = 'replace' | 'add' | 'change' | 'override';

/** Where a request names the price at a position of its list. */
export function fieldPrefix(write: PriceWrite, list: 'charges' | 'fixed_charges', position: number): string {
  if (write === 'override') return `plan_overrides.${list}.${position}.`;
  return write === 'replace' ? `${list}.${position}.` : '';
}

/** What the plan has, under its row lock. */
export interface KnownCharges {
  readonly charges: readonly ChargeRow[];
  readonly filters: readonly ChargeFilterRow[];
  readonly metrics: ReadonlyMap<string, BillableMetricRow>;
  readonly isPlanLive: boolean;
}

/** A charge as it shall be. */
export interface WantedCharge {
  readonly row: ChargeRow;
  readonly filters: readonly ChargeFilterRow[];
}

export const filtersOf = (known: KnownCharges, chargeId: string): ChargeFilterRow[] =>
  known.filters.filter((row) => row.chargeId === chargeId);

interface Request {
  readonly inputs: readonly ListedChargeInput[];
  readonly known: KnownCharges;
  readonly write: PriceWrite;
  readonly at: Date;
}

/** The charges as they shall be. @throws BillingError validation_errors, with everything that is wrong with any of them */
export function decideCharges(plan: PlanRow, places: readonly Place[], request: Request): WantedCharge[] {
  const { inputs, known, write } = request;
  const prefix = (i: number): string => fieldPrefix(write, 'charges', i);
  const misplaced = refusedFields(places, (i, field) => `${prefix(i)}${field === 'source' ? 'billable_metric_id' : field}`);
  if (misplaced.length > 0) throw invalid(Object.fromEntries(misplaced));
  const wrong: [string, readonly string[]][] = [];
  const wanted = places.map((place, i) => {
    const input = inputs[i] ?? {};
    const current = place.kind === 'change' ? known.charges.find((row) => row.id === place.id) : undefined;
    const charge = chargeOf(plan, { place, input, current }, request.at);
    const metric = known.metrics.get(charge.billableMetricId);
    if (!metric) throw new Error(`charge ${charge.id} lost its metric`);
    const model = input.charge_model ?? current?.chargeModel ?? 'standard';
    const read = readProperties(model, input.properties ?? (current?.chargeModel === model ? current.properties : undefined));
    const row = 'properties' in read ? { ...charge, properties: read.properties } : charge;
    const stored = filtersOf(known, row.id);
    const listed = input.filters ?? stored.map(({ id, filterValues, properties }) => ({ id, values: filterValues, properties }));
    const filters = readFilters(row, metric, { inputs: input.filters === null ? [] : listed, known: stored, at: request.at });
    wrong.push(
      ...('wrong' in read ? under(prefix(i), read.wrong) : []),
      ...under(prefix(i), wrongSettings(row, metric)),
      ...(current && known.isPlanLive ? under(prefix(i), changedRhythm(current, row)) : []),
      ...('wrong' in filters ? under(prefix(i), filters.wrong) : []),
    );
    return { row, filters: 'rows' in filters ? filters.rows : [] };
  });
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));
  return wanted;
}

interface Placed {
  readonly place: Place;
  readonly input: ListedChargeInput;
  readonly current: ChargeRow | undefined;
}

function chargeOf(plan: PlanRow, { place, input, current }: Placed, at: Date): ChargeRow {
  if (place.kind === 'refused') throw new Error('a refused charge cannot be written');
  return {
    organizationId: plan.organizationId,
    id: current?.id ?? newId(),
    planId: plan.id,
    parentId: current?.parentId ?? null,
    billableMetricId: current?.billableMetricId ?? input.billable_metric_id ?? '',
    code: place.code,
    invoiceDisplayName:
      input.invoice_display_name === undefined ? (current?.invoiceDisplayName ?? null) : input.invoice_display_name,
    chargeModel: input.charge_model ?? current?.chargeModel ?? 'standard',
    properties: current?.properties ?? {},
    payInAdvance: input.pay_in_advance ?? current?.payInAdvance ?? false,
    invoiceable: input.invoiceable ?? current?.invoiceable ?? true,
    prorated: input.prorated ?? current?.prorated ?? false,
    minAmountCents: input.min_amount_cents ?? current?.minAmountCents ?? 0n,
    status: 'ACTIVE',
    createdAt: current?.createdAt ?? at,
    updatedAt: at,
  };
}
