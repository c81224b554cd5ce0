import type { EntityManager } from 'typeorm';
import { findByIdOrCode, type Lock } from '../../platform/database/find-row.ts';
import { BillableMetricRow } from './billable-metric.entity.ts';

/** By id or code. @throws BillingError billable_metric_not_found, for another tenant's too */
export const findMetric = (
  manager: EntityManager,
  organizationId: string,
  idOrCode: string,
  lock: Lock = {},
): Promise<BillableMetricRow> =>
  findByIdOrCode(manager, BillableMetricRow, { organizationId, idOrCode, lock, otherwise: 'billable_metric_not_found' });
