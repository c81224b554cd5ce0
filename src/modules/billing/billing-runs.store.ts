import { type EntityManager, type FindOptionsWhere, MoreThan } from 'typeorm';
import { newId } from '../../platform/database/ids.ts';
import type { Reason } from '../../platform/attention/reason.ts';
import type { Query } from '../../platform/database/sql.ts';
import type { BillingRunRow, RunTrigger } from './billing-run.entity.ts';

export interface Run {
  readonly id: string;
  readonly organizationId: string;
  readonly mode: 'LIVE' | 'TEST';
  readonly asOf: Date;
}

export interface RunToOpen {
  readonly organizationId: string;
  readonly trigger: RunTrigger;
  readonly scheduledFor: Date | null;
  readonly asOf: Date;
  /** It only says what it would do. */
  readonly dryRun?: boolean;
}

/** Of several processes that open one slot, one inserts and the others get its row: they share the run. */
const open = {
  name: 'billing_runs.open',
  text: `insert into billing_runs (organization_id, id, trigger, status, scheduled_for, as_of, started_at, heartbeat_at, feature_flags, dry_run)
    values ($1, $2, $3, 'RUNNING', $4, $5, clock_timestamp(), clock_timestamp(), (select feature_flags from organizations where id = $1), $6)
    on conflict (organization_id, scheduled_for) do update set heartbeat_at = excluded.heartbeat_at
    returning id, as_of, (select mode from organizations where id = $1) as mode`,
};

export async function openRun(query: Query, input: RunToOpen): Promise<Run> {
  const { organizationId, trigger, scheduledFor, asOf, dryRun = false } = input;
  const values = [organizationId, newId(), trigger, scheduledFor, asOf, dryRun];
  const [row] = await query<{ id: string; as_of: Date; mode: Run['mode'] }>(open, values);
  if (!row) throw new Error('a billing run was neither opened nor found');
  return { id: row.id, organizationId, mode: row.mode, asOf: row.as_of };
}

const setFound = {
  name: 'billing_runs.found',
  text: 'update billing_runs set found = greatest(found, $3) where organization_id = $1 and id = $2',
};

export const noteFound = (query: Query, run: Run, found: number): Promise<unknown> =>
  query(setFound, [run.organizationId, run.id, found]);

const beat = {
  name: 'billing_runs.beat',
  text: `update billing_runs set heartbeat_at = clock_timestamp() where organization_id = $1 and id = $2 and status = 'RUNNING'`,
};

/** Somebody still works on it. */
export const beatRun = (query: Query, run: Run): Promise<unknown> => query(beat, [run.organizationId, run.id]);

const addCounts = {
  name: 'billing_runs.count',
  text: `update billing_runs set processed = processed + $3 + $4, successful = successful + $3, failed = failed + $4, heartbeat_at = clock_timestamp(),
    status = 'RUNNING', finished_at = null where organization_id = $1 and id = $2`,
};

/** Written in the transaction of the batch it counts, as its last statement: the row is shared by all workers. */
export const countResults = (query: Query, run: Run, counts: { successful: number; failed: number }): Promise<unknown> =>
  query(addCounts, [run.organizationId, run.id, counts.successful, counts.failed]);

const insertError = {
  name: 'billing_run_errors.insert',
  text: `insert into billing_run_errors (organization_id, billing_run_id, subscription_id, code, field, message, created_at)
    values ($1, $2, $3, $4, $5, $6, clock_timestamp()) on conflict do nothing returning subscription_id`,
};

export interface RunFailure extends Reason {
  readonly subscriptionId: string;
}

/** False when this run knows of the failure already. */
export async function recordFailure(
  query: Query,
  run: Run,
  { subscriptionId, code, field, message }: RunFailure,
): Promise<boolean> {
  const rows = await query(insertError, [run.organizationId, run.id, subscriptionId, code, field, message]);
  return rows.length > 0;
}

const complete = {
  name: 'billing_runs.complete',
  text: `update billing_runs set status = 'COMPLETED', finished_at = clock_timestamp(), heartbeat_at = clock_timestamp()
    where organization_id = $1 and id = $2 and status = 'RUNNING'`,
};

export const completeRun = (query: Query, run: Run): Promise<unknown> => query(complete, [run.organizationId, run.id]);

const cancel = {
  name: 'billing_runs.cancel',
  text: `update billing_runs set status = 'CANCELLED', finished_at = clock_timestamp(), heartbeat_at = clock_timestamp()
    where organization_id = $1 and id = $2 and status = 'RUNNING'`,
};

/** Somebody asked it to stop before everything was billed. */
export const cancelRun = (query: Query, run: Run): Promise<unknown> => query(cancel, [run.organizationId, run.id]);

const fail = {
  name: 'billing_runs.fail',
  text: `update billing_runs set status = 'FAILED', finished_at = clock_timestamp(), heartbeat_at = clock_timestamp() where organization_id = $1 and id = $2`,
};

/** A dry run that broke off: there is nothing to take up again. */
export const failRun = (query: Query, run: Run): Promise<unknown> => query(fail, [run.organizationId, run.id]);

const failStalePlans = {
  name: 'billing_runs.fail_stale_plans',
  text: `update billing_runs set status = 'FAILED', finished_at = clock_timestamp() where dry_run and status = 'RUNNING'
    and heartbeat_at < clock_timestamp() - $1::int * interval '1 millisecond'`,
};

/** Dry runs whose process died. */
export const failStaleDryRuns = (query: Query, silentForMs: number): Promise<unknown> => query(failStalePlans, [silentForMs]);

const applied = {
  name: 'billing_runs.applied',
  text: `update billing_runs set applied_at = clock_timestamp(), finished_at = clock_timestamp(), heartbeat_at = clock_timestamp(), processed = failed + $3, successful = $3
    where organization_id = $1 and id = $2`,
};

/** A dry run that was carried out, with the number of subscriptions it billed. */
export const markApplied = (query: Query, run: Run, successful: number): Promise<unknown> =>
  query(applied, [run.organizationId, run.id, successful]);

const stale = {
  name: 'billing_runs.stale',
  text: `select r.organization_id, r.id, r.as_of from billing_runs r join organizations o on o.id = r.organization_id and o.mode = 'LIVE'
    where r.status in ('PENDING', 'RUNNING') and not r.dry_run
      and r.heartbeat_at < clock_timestamp() - $1::int * interval '1 millisecond'`,
};

/** Runs whose processes all died; they are taken up again where they stood. */
export async function staleRuns(query: Query, silentForMs: number): Promise<Run[]> {
  const rows = await query<{ organization_id: string; id: string; as_of: Date }>(stale, [silentForMs]);
  return rows.map((row) => ({ id: row.id, organizationId: row.organization_id, mode: 'LIVE', asOf: row.as_of }));
}

export interface RunErrorRecord extends Reason {
  readonly subscription_id: string;
  readonly external_id: string;
  readonly external_customer_id: string;
  readonly created_at: Date;
}

/** A run shows this many of its errors; the worker's log has all of them. */
type Where = FindOptionsWhere<BillingRunRow>;

/** Runs of this state; a run is found as failed where it broke off or where it could not bill a subscription. */
export function runsOf(scope: Where, status: string | undefined): Where | Where[] {
  if (status === undefined) return scope;
  const inState = { ...scope, status: status.toUpperCase() as BillingRunRow['status'] };
  return status === 'failed' ? [inState, { ...scope, failed: MoreThan(0) }] : inState;
}

const shownErrors = 100;

export const firstErrorsOf = (
  manager: EntityManager,
  { organizationId, id }: { organizationId: string; id: string },
): Promise<RunErrorRecord[]> =>
  manager.query(
    `select e.subscription_id, s.external_id, c.external_id as external_customer_id, e.code, e.field, e.message, e.created_at
     from billing_run_errors e join subscriptions s on s.organization_id = e.organization_id and s.id = e.subscription_id
     join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
     where e.organization_id = $1 and e.billing_run_id = $2 order by e.created_at, e.subscription_id limit ${shownErrors}`,
    [organizationId, id],
  );
