import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { newId } from '../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import type { AggregationWord, CreateBillableMetricInput, UpdateBillableMetricInput } from './billable-metric.dto.ts';
import { type AggregationType, BillableMetricRow } from './billable-metric.entity.ts';
import { presentBillableMetric } from './billable-metric.presenter.ts';
import { findMetric } from './billable-metrics.queries.ts';
import { isMetricInUse } from './billable-metrics.store.ts';

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

  /** @throws BillingError validation_errors (code taken, field_name missing or needless) */
  async create(organizationId: string, input: CreateBillableMetricInput): Promise<WrittenMetric> {
    return this.unitOfWork.run(async (tx) => {
      const at = await this.organizationClock.now(organizationId, tx);
      const row: WrittenMetric = {
        organizationId,
        id: newId(),
        code: input.code,
        name: input.name,
        description: input.description ?? null,
        aggregationType: aggregationOf(input.aggregation_type),
        fieldName: input.field_name ?? null,
        createdAt: at,
        updatedAt: at,
      };
      refuseWrongField(row);
      await tx.insert(BillableMetricRow, row);
      await tellMetric(tx, 'billable_metric.created', row, at);
      return row;
    }, refusals);
  }

  /** @throws BillingError billable_metric_not_found, validation_errors (code taken, metric_in_use, field_name) */
  async update(organizationId: string, code: string, input: UpdateBillableMetricInput): Promise<WrittenMetric> {
    return this.unitOfWork.run(async (tx) => {
      const current = await findMetric(tx, organizationId, code, { forUpdate: true });
      const isInUse = await isMetricInUse(tx, current);
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = {
        code: input.code ?? current.code,
        name: input.name ?? current.name,
        description: input.description === undefined ? current.description : input.description,
        aggregationType: input.aggregation_type ? aggregationOf(input.aggregation_type) : current.aggregationType,
        fieldName: input.field_name === undefined ? current.fieldName : input.field_name,
        updatedAt: at,
      };
      const row = { ...current, ...changes };
      if (isInUse) refuseOtherMeasure(current, row);
      refuseWrongField(row);
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

const aggregationOf = (word: AggregationWord): AggregationType => word.replace('_agg', '').toUpperCase() as AggregationType;

function refuseOtherMeasure(current: BillableMetricRow, changed: BillableMetricRow): void {
  const wrong = {
    ...(changed.aggregationType === current.aggregationType ? {} : { aggregation_type: ['metric_in_use'] }),
    ...(changed.fieldName === current.fieldName ? {} : { field_name: ['metric_in_use'] }),
  };
  if (Object.keys(wrong).length > 0) throw invalid(wrong);
}

/** Events are counted, or one of their properties is aggregated. */
function refuseWrongField(row: WrittenMetric): void {
  if (row.aggregationType === 'COUNT' && row.fieldName !== null) throw invalid({ field_name: ['value_is_invalid'] });
  if (row.aggregationType !== 'COUNT' && row.fieldName === null) throw invalid({ field_name: ['value_is_mandatory'] });
}

const tellMetric = (tx: Tx, type: string, row: WrittenMetric, at: Date): Promise<void> =>
  tell(tx, row.organizationId, at, [
    { objectType: 'billable_metric', objectId: row.id, type, payload: presentBillableMetric(row) },
  ]);
