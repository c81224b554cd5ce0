import { isoOf } from '../../platform/clock/clock.ts';
import type { BillingRunRow } from './billing-run.entity.ts';
import type { RunErrorRecord } from './billing-runs.store.ts';

const iso = (date: Date | null): string | null => date && isoOf(date);

export const presentRun = (row: BillingRunRow, errors: readonly RunErrorRecord[]) => ({
  id: row.id,
  lago_id: row.id,
  trigger: row.trigger.toLowerCase(),
  status: row.status.toLowerCase(),
  scheduled_for: iso(row.scheduledFor),
  as_of: isoOf(row.asOf),
  feature_flags: row.featureFlags,
  dry_run: row.dryRun,
  planned_invoices_count: row.planned,
  applied_at: iso(row.appliedAt),
  found: row.found,
  processed: row.processed,
  successful: row.successful,
  failed: row.failed,
  errors: errors.map((error) => ({
    subscription_id: error.subscription_id,
    external_subscription_id: error.external_id,
    external_customer_id: error.external_customer_id,
    code: error.code,
    field: error.field,
    message: error.message,
    created_at: isoOf(error.created_at),
  })),
  started_at: isoOf(row.startedAt),
  heartbeat_at: isoOf(row.heartbeatAt),
  finished_at: iso(row.finishedAt),
});
