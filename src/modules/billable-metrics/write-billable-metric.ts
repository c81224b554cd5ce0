import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { parseExpression } from '../../domain/metering/expression/parse-expression.ts';
import { newId } from '../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { AggregationWord, CreateBillableMetricInput, UpdateBillableMetricInput } from './billable-metric.dto.ts';
import { type AggregationType, anyValue, BillableMetricRow } from './billable-metric.entity.ts';
import { presentBillableMetric } from './billable-metric.presenter.ts';
import { findMetric } from './billable-metrics.queries.ts';
import { isMetricInUse, pricedFilterValues } from './billable-metrics.store.ts';

/** The key of its events is the database's to give. */
type WrittenMetric = Omit<BillableMetricRow, 'usageKey'>;

const refusals = { uq_billable_metrics_code: () => invalid({ code: ['value_already_exist'] }) };

/** A metric is free to change until a charge prices it or an event carries its value; then what it measures is fixed. */
@Injectable()
export class WriteBillableMetric {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError validation_errors (code taken, or settings that do not go together) */
  async create(organizationId: string, input: CreateBillableMetricInput): Promise<WrittenMetric> {
    return this.unitOfWork.run(async (tx) => {
      const at = await this.organizationClock.now(organizationId, tx);
      const row: WrittenMetric = {
        organizationId,
        id: newId(),
        code: input.code,
        name: input.name,
        description: input.description ?? null,
        ...measureOf(input, unmeasured),
        createdAt: at,
        updatedAt: at,
      };
      refuseWrongMeasure(row);
      await tx.insert(BillableMetricRow, row);
      await tellMetric(tx, 'billable_metric.created', row, at);
      return row;
    }, refusals);
  }

  /** @throws BillingError billable_metric_not_found, validation_errors (code taken, metric_in_use, settings that do not go together) */
  async update(organizationId: string, code: string, input: UpdateBillableMetricInput): Promise<WrittenMetric> {
    return this.unitOfWork.run(async (tx) => {
      const current = await findMetric(tx, organizationId, code, { forUpdate: true });
      const isInUse = await isMetricInUse(tx, current);
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = {
        code: input.code ?? current.code,
        name: input.name ?? current.name,
        description: input.description === undefined ? current.description : input.description,
        ...measureOf(input, current),
        updatedAt: at,
      };
      const row = { ...current, ...changes };
      if (isInUse) refuseOtherMeasure(current, row);
      refuseWrongMeasure(row);
      if (input.filters !== undefined) refuseLostFilters(row, await pricedFilterValues(tx, current));
      await tx.update(BillableMetricRow, { organizationId, id: row.id }, changes);
      await tellMetric(tx, 'billable_metric.updated', row, at);
      return row;
    }, refusals);
  }

  /** @throws BillingError billable_metric_not_found, conflict when a charge or an event uses it */
  async remove(organizationId: string, code: string): Promise<WrittenMetric> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findMetric(tx, organizationId, code, { forUpdate: true });
      if (await isMetricInUse(tx, row)) throw new BillingError('conflict', { billable_metric: ['in_use'] });
      await tx.delete(BillableMetricRow, { organizationId, id: row.id });
      await tellMetric(tx, 'billable_metric.deleted', row, await this.organizationClock.now(organizationId, tx));
      return row;
    });
  }
}

type Measure = Pick<
  BillableMetricRow,
  | 'aggregationType'
  | 'fieldName'
  | 'expression'
  | 'recurring'
  | 'weightedInterval'
  | 'roundingFunction'
  | 'roundingPrecision'
  | 'filters'
>;

const unmeasured: Measure = {
  aggregationType: 'COUNT',
  fieldName: null,
  expression: null,
  recurring: false,
  weightedInterval: null,
  roundingFunction: null,
  roundingPrecision: null,
  filters: [],
};

/** Count, max and latest begin anew every period (Lago). */
const mayRecur: readonly AggregationType[] = ['SUM', 'UNIQUE_COUNT', 'WEIGHTED_SUM'];

const aggregationOf = (word: AggregationWord): AggregationType => word.replace('_agg', '').toUpperCase() as AggregationType;

/** Absent stays; a weighted sum without an interval is weighed by seconds. */
function measureOf(input: UpdateBillableMetricInput, current: Measure): Measure {
  const kept = <T>(value: T | undefined, now: T): T => (value === undefined ? now : value);
  const aggregationType = input.aggregation_type ? aggregationOf(input.aggregation_type) : current.aggregationType;
  const isWeighted = aggregationType === 'WEIGHTED_SUM';
  return {
    aggregationType,
    fieldName: kept(input.field_name, current.fieldName),
    expression: input.expression === '' ? null : kept(input.expression, current.expression),
    recurring: input.recurring ?? current.recurring,
    weightedInterval: input.weighted_interval ?? (isWeighted ? 'seconds' : null),
    roundingFunction: kept(input.rounding_function, current.roundingFunction),
    roundingPrecision: input.rounding_function === null ? null : kept(input.rounding_precision, current.roundingPrecision),
    filters: (input.filters === undefined ? current.filters : (input.filters ?? [])).map(({ key, values }) => ({ key, values })),
  };
}

/** What was counted one way cannot be counted another way after it was billed. */
function refuseOtherMeasure(current: Measure, changed: Measure): void {
  const locked = {
    aggregation_type: changed.aggregationType !== current.aggregationType,
    field_name: changed.fieldName !== current.fieldName,
    recurring: changed.recurring !== current.recurring,
  };
  const wrong = Object.entries(locked).filter(([, differs]) => differs);
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong.map(([field]) => [field, ['metric_in_use']])));
}

/** Events are counted, or one of their properties is aggregated; only some aggregations carry over. */
function refuseWrongMeasure(row: Measure): void {
  const isCount = row.aggregationType === 'COUNT';
  const wrong: Record<string, string[]> = {};
  if (isCount && row.fieldName !== null) wrong['field_name'] = ['value_is_invalid'];
  if (!isCount && row.fieldName === null) wrong['field_name'] = ['value_is_mandatory'];
  if (row.recurring && !mayRecur.includes(row.aggregationType)) wrong['recurring'] = ['not_compatible_with_aggregation_type'];
  if (row.weightedInterval !== null && row.aggregationType !== 'WEIGHTED_SUM')
    wrong['weighted_interval'] = ['not_compatible_with_aggregation_type'];
  if (row.roundingPrecision !== null && row.roundingFunction === null) wrong['rounding_precision'] = ['value_is_invalid'];
  const expression = row.expression === null ? undefined : parseExpression(row.expression);
  if (expression && isCount) wrong['expression'] = ['not_compatible_with_aggregation_type'];
  else if (expression && 'refused' in expression) wrong['expression'] = [expression.refused];
  const keys = row.filters.map(({ key }) => key);
  if (new Set(keys).size < keys.length) wrong['filters'] = ['value_already_exist'];
  if (Object.keys(wrong).length > 0) throw invalid(wrong);
}

/** Charges that price a value by itself would never see it again. */
function refuseLostFilters(row: Measure, priced: readonly { readonly key: string; readonly value: string | null }[]): void {
  const lost = priced.filter(({ key, value }) => {
    const filter = row.filters.find((candidate) => candidate.key === key);
    return !filter || (value !== null && value !== anyValue && !filter.values.includes(value));
  });
  if (lost.length > 0) throw invalid({ filters: ['value_in_use'] });
}

const tellMetric = (tx: Tx, type: string, row: WrittenMetric, at: Date): Promise<void> =>
  tell(tx, row.organizationId, at, [
    { objectType: 'billable_metric', objectId: row.id, type, payload: presentBillableMetric(row) },
  ]);
