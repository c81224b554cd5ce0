import type { EntityManager } from 'typeorm';
import { newId } from '../../platform/database/ids.ts';
import type { Query } from '../../platform/database/sql.ts';
import type { RunTrigger } from './billing-run.entity.ts';

export interface Run {
  readonly id: string;
  readonly organizationId: string;
  readonly asOf: Date;
}

export interface RunToOpen {
  readonly organizationId: string;
  readonly trigger: RunTrigger;
  readonly scheduledFor: Date | null;
  readonly asOf: Date;
  /** Wall clock. */
  readonly at: Date;
  /** It only says what it would do. */
  readonly dryRun?: boolean;
}

/** Of several processes that open one slot, one inserts and the others get its row: they share the run. */
const open = {
  name: 'billing_runs.open',
  text: `insert into billing_runs (organization_id, id, trigger, status, scheduled_for, as_of, started_at, heartbeat_at, feature_flags, dry_run)
    values ($1, $2, $3, 'RUNNING', $4, $5, $6, $6, (select feature_flags from organizations where id = $1), $7)
    on conflict (organization_id, scheduled_for) do update set heartbeat_at = excluded.heartbeat_at returning id, as_of`,
};

export async function openRun(query: Query, input: RunToOpen): Promise<Run> {
  const { organizationId, trigger, scheduledFor, asOf, at, dryRun = false } = input;
  const values = [organizationId, newId(), trigger, scheduledFor, asOf, at, dryRun];
  const [row] = await query<{ id: string; as_of: Date }>(open, values);
  if (!row) throw new Error('a billing run was neither opened nor found');
  return { id: row.id, organizationId, asOf: row.as_of };
}

const setFound = {
  name: 'billing_runs.found',
  text: 'update billing_runs set found = greatest(found, $3) where organization_id = $1 and id = $2',
};

export const noteFound = (query: Query, run: Run, found: number): Promise<unknown> =>
  query(setFound, [run.organizationId, run.id, found]);

const addCounts = {
  name: 'billing_runs.count',
  text: `update billing_runs set processed = processed + $3 + $4, successful = successful + $3, failed = failed + $4, heartbeat_at = $5,
    status = 'RUNNING', finished_at = null where organization_id = $1 and id = $2`,
};

/** Written in the transaction of the batch it counts, as its last statement: the row is shared by all workers. */
export const countResults = (
  query: Query,
  run: Run,
  counts: { successful: number; failed: number },
  at: Date,
): Promise<unknown> => query(addCounts, [run.organizationId, run.id, counts.successful, counts.failed, at]);

const insertError = {
  name: 'billing_run_errors.insert',
  text: `insert into billing_run_errors (organization_id, billing_run_id, subscription_id, code, message, created_at)
    values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning subscription_id`,
};

export interface RunFailure {
  readonly subscriptionId: string;
  readonly code: string;
  readonly message: string;
}

/** False when this run knows of the failure already. */
export async function recordFailure(
  query: Query,
  run: Run,
  { subscriptionId, code, message }: RunFailure,
  at: Date,
): Promise<boolean> {
  const rows = await query(insertError, [run.organizationId, run.id, subscriptionId, code, message, at]);
  return rows.length > 0;
}

const complete = {
  name: 'billing_runs.complete',
  text: `update billing_runs set status = 'COMPLETED', finished_at = $3, heartbeat_at = $3
    where organization_id = $1 and id = $2 and status = 'RUNNING'`,
};

export const completeRun = (query: Query, run: Run, at: Date): Promise<unknown> =>
  query(complete, [run.organizationId, run.id, at]);

const cancel = {
  name: 'billing_runs.cancel',
  text: `update billing_runs set status = 'CANCELLED', finished_at = $3, heartbeat_at = $3
    where organization_id = $1 and id = $2 and status = 'RUNNING'`,
};

/** Somebody asked it to stop before everything was billed. */
export const cancelRun = (query: Query, run: Run, at: Date): Promise<unknown> => query(cancel, [run.organizationId, run.id, at]);

const fail = {
  name: 'billing_runs.fail',
  text: `update billing_runs set status = 'FAILED', finished_at = $3, heartbeat_at = $3 where organization_id = $1 and id = $2`,
};

/** A dry run that broke off: there is nothing to take up again. */
export const failRun = (query: Query, run: Run, at: Date): Promise<unknown> => query(fail, [run.organizationId, run.id, at]);

const failStalePlans = {
  name: 'billing_runs.fail_stale_plans',
  text: `update billing_runs set status = 'FAILED', finished_at = $2 where dry_run and status = 'RUNNING' and heartbeat_at < $1`,
};

/** Dry runs whose process died. */
export const failStaleDryRuns = (query: Query, heartbeatBefore: Date, at: Date): Promise<unknown> =>
  query(failStalePlans, [heartbeatBefore, at]);

const applied = {
  name: 'billing_runs.applied',
  text: `update billing_runs set applied_at = $3, finished_at = $3, heartbeat_at = $3, processed = failed + $4, successful = $4
    where organization_id = $1 and id = $2`,
};

/** A dry run that was carried out, with the number of subscriptions it billed. */
export const markApplied = (query: Query, run: Run, successful: number, at: Date): Promise<unknown> =>
  query(applied, [run.organizationId, run.id, at, successful]);

const stale = {
  name: 'billing_runs.stale',
  text: `select r.organization_id, r.id, r.as_of from billing_runs r join organizations o on o.id = r.organization_id and o.mode = 'LIVE'
    where r.status in ('PENDING', 'RUNNING') and not r.dry_run and r.heartbeat_at < $1`,
};

/** Runs whose processes all died; they are taken up again where they stood. */
export async function staleRuns(query: Query, heartbeatBefore: Date): Promise<Run[]> {
  const rows = await query<{ organization_id: string; id: string; as_of: Date }>(stale, [heartbeatBefore]);
  return rows.map((row) => ({ id: row.id, organizationId: row.organization_id, asOf: row.as_of }));
}

export interface RunErrorRecord {
  readonly subscription_id: string;
  readonly code: string;
  readonly message: string;
  readonly created_at: Date;
}

/** A run shows this many of its errors; the worker's log has all of them. */
const shownErrors = 100;

export const firstErrorsOf = (
  manager: EntityManager,
  { organizationId, id }: { organizationId: string; id: string },
): Promise<RunErrorRecord[]> =>
  manager.query(
    `select subscription_id, code, message, created_at from billing_run_errors
     where organization_id = $1 and billing_run_id = $2 order by created_at, subscription_id limit ${shownErrors}`,
    [organizationId, id],
  );
