import { In } from 'typeorm';
import type { ErrorDetails } from '../../../domain/errors/error-codes.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { anyValue, type BillableMetricRow } from '../../billable-metrics/index.ts';
import { readProperties, under } from '../read-pricing.ts';
import type { ChargeFilterInput } from './charge.dto.ts';
import { ChargeFilterRow } from './charge-filter.entity.ts';
import type { ChargeRow } from './charge.entity.ts';

/** A filter that a charge shall have: one that it has by id, else by its values. */
export type WantedFilter = ChargeFilterInput & { readonly id?: string };

type FilterValues = ChargeFilterRow['filterValues'];

/** The filters of a charge as they shall be, or what is wrong with each, under `filters.0.`. */
export function readFilters(
  charge: ChargeRow,
  metric: BillableMetricRow,
  { inputs, known, at }: { inputs: readonly WantedFilter[]; known: readonly ChargeFilterRow[]; at: Date },
): { readonly rows: ChargeFilterRow[] } | { readonly wrong: ErrorDetails } {
  const wrong: [string, readonly string[]][] = [];
  const taken = new Set<string>();
  const rows = inputs.map((input, i) => {
    const values = readValues(input.values, metric);
    const read = readProperties(charge.chargeModel, input.properties);
    if ('wrong' in read) wrong.push(...under(`filters.${i}.`, read.wrong));
    const key = values && JSON.stringify(values);
    if (key === undefined) wrong.push([`filters.${i}.values`, ['value_is_invalid']]);
    else if (taken.has(key)) wrong.push([`filters.${i}.values`, ['value_already_exist']]);
    else taken.add(key);
    const current = known.find((row) =>
      input.id === undefined ? JSON.stringify(ordered(row.filterValues)) === key : row.id === input.id,
    );
    return {
      organizationId: charge.organizationId,
      id: current?.id ?? input.id ?? newId(),
      chargeId: charge.id,
      invoiceDisplayName:
        input.invoice_display_name === undefined ? (current?.invoiceDisplayName ?? null) : input.invoice_display_name,
      filterValues: values ?? {},
      properties: 'properties' in read ? read.properties : {},
      createdAt: current?.createdAt ?? at,
      updatedAt: at,
    };
  });
  return wrong.length > 0 ? { wrong: Object.fromEntries(wrong) } : { rows };
}

/** Makes `rows` the charge's filters, instead of those it has. */
export async function writeFilters(
  tx: Tx,
  charge: ChargeRow,
  rows: readonly ChargeFilterRow[],
  known: readonly ChargeFilterRow[],
): Promise<void> {
  const { organizationId } = charge;
  const kept = new Set(rows.map((row) => row.id));
  const gone = known.filter((row) => !kept.has(row.id)).map((row) => row.id);
  if (gone.length > 0) await tx.delete(ChargeFilterRow, { organizationId, id: In(gone) });
  // One by one in order of id: rows in conflict are updated, and their ids say which came first.
  if (rows.length > 0) await tx.upsert(ChargeFilterRow, [...rows], ['organizationId', 'id']);
}

/** Keys and values of the metric's filters, in one order; undefined when one is not. */
function readValues(given: Readonly<Record<string, unknown>>, metric: BillableMetricRow): FilterValues | undefined {
  const keys = Object.keys(given);
  if (keys.length === 0) return undefined;
  const read: Record<string, readonly string[]> = {};
  for (const key of keys) {
    const values = given[key];
    const filter = metric.filters.find((candidate) => candidate.key === key);
    if (!filter || !Array.isArray(values) || values.length === 0) return undefined;
    const isKnown = (value: unknown): value is string =>
      typeof value === 'string' && (value === anyValue || filter.values.includes(value));
    if (!values.every(isKnown)) return undefined;
    read[key] = [...new Set(values)];
  }
  return ordered(read);
}

/** One way to write a set of keys and values, so that the database sees two of the same. */
const ordered = (values: FilterValues): FilterValues =>
  Object.fromEntries(
    Object.keys(values)
      .toSorted()
      .map((key) => [key, [...(values[key] ?? [])].toSorted()]),
  );
