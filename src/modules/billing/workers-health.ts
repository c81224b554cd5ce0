import { Injectable, Optional } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { countAttention } from '../../platform/attention/needs-attention.store.ts';
import { Clock, isoOf } from '../../platform/clock/clock.ts';
import { type JobState, JobSlots } from '../../platform/jobs/job-slots.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { finalization } from '../invoices/index.ts';
import { waking } from '../subscriptions/index.ts';
import { generation } from './generation.ts';

const workers = [
  { name: 'invoice_generator', job: generation.name, trigger: "cron[minute='0']", fails: [generation.name, waking.name] },
  { name: 'invoice_finalizer', job: finalization.name, trigger: "cron[minute='*/5']", fails: [finalization.name] },
] as const;

/** `degraded`: the job runs, and could not work on some objects. */
export type WorkerStatus = 'healthy' | 'degraded' | 'warning' | 'critical' | 'stale' | 'unknown';

export interface WorkerHealth {
  readonly name: string;
  readonly job: string;
  readonly trigger: string;
  readonly status: WorkerStatus;
  readonly consecutiveFailures: number;
  /** Objects that it could not work on (see `needs_attention`). */
  readonly needsAttention: number;
  readonly lastRun: string | null;
  /** Null in a process without the schedule. */
  readonly nextRun: string | null;
}

const staleAfterMs = 2 * 3_600_000;
const criticalFrom = 3;

/** Never ran is unknown, silent for two hours is stale, 1–2 failures in a row are a warning, 3 critical; else objects at fault degrade it. */
export function workerStatus({ lastRun, consecutiveFailures }: JobState, needsAttention: number, nowMs: number): WorkerStatus {
  if (!lastRun) return 'unknown';
  if (consecutiveFailures >= criticalFrom) return 'critical';
  if (nowMs - lastRun.getTime() > staleAfterMs) return 'stale';
  if (consecutiveFailures > 0) return 'warning';
  return needsAttention > 0 ? 'degraded' : 'healthy';
}

/** How the billing jobs fare, in all processes together. */
@Injectable()
export class WorkersHealth {
  constructor(
    private readonly slots: JobSlots,
    private readonly clock: Clock,
    private readonly dataSource: DataSource,
    @Optional() private readonly scheduler?: SchedulerRegistry,
  ) {}

  /** Whether this process has the schedule. */
  get isScheduled(): boolean {
    return this.scheduler !== undefined;
  }

  async workers(): Promise<WorkerHealth[]> {
    const nowMs = this.clock.now().epochMilliseconds;
    const counts = await countAttention(queryOn(this.dataSource));
    return Promise.all(
      workers.map(async ({ name, job, trigger, fails }) => {
        const needsAttention = fails.reduce((sum, failing) => sum + (counts.get(failing) ?? 0), 0);
        const state = await this.slots.state(job);
        const next = this.scheduler?.getCronJobs().get(job)?.nextDate();
        return {
          name,
          job,
          trigger,
          status: workerStatus(state, needsAttention, nowMs),
          needsAttention,
          consecutiveFailures: state.consecutiveFailures,
          lastRun: state.lastRun && isoOf(state.lastRun),
          nextRun: next ? isoOf(next.toJSDate()) : null,
        };
      }),
    );
  }

  /** Events of payment providers that wait to be worked on, and those that were given up. */
  async inbox(): Promise<InboxHealth> {
    const [row] = await queryOn(this.dataSource)<{ waiting: number; oldest: Date | null; dead: number; is_late: boolean }>(
      inbox,
      [],
    );
    const { waiting = 0, oldest = null, dead = 0, is_late: isLate = false } = row ?? {};
    return { status: dead > 0 || isLate ? 'degraded' : 'healthy', waiting, oldestWaiting: oldest && isoOf(oldest), dead };
  }
}

export interface InboxHealth {
  readonly status: Extract<WorkerStatus, 'healthy' | 'degraded'>;
  readonly waiting: number;
  readonly oldestWaiting: string | null;
  readonly dead: number;
}

/** Late is what should have been worked on a quarter of an hour ago. */
const inbox = {
  name: 'workers.inbox',
  text: `select count(*) filter (where status <> 'DEAD')::int as waiting, min(received_at) filter (where status <> 'DEAD') as oldest,
      count(*) filter (where status = 'DEAD')::int as dead,
      coalesce(bool_or(status <> 'DEAD' and next_attempt_at < now() - interval '15 minutes'), false) as is_late
    from inbound_events where status in ('RECEIVED', 'PROCESSING', 'DEFERRED', 'FAILED', 'DEAD')`,
};
