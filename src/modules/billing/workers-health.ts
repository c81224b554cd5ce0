import { Injectable, Optional } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock, isoOf } from '../../platform/clock/clock.ts';
import { type JobState, JobSlots } from '../../platform/jobs/job-slots.ts';
import { finalization } from '../invoices/index.ts';
import { generation } from './generation.ts';

const workers = [
  { name: 'invoice_generator', job: generation.name, trigger: "cron[minute='0']" },
  { name: 'invoice_finalizer', job: finalization.name, trigger: "cron[minute='*/5']" },
] as const;

export type WorkerStatus = 'healthy' | 'warning' | 'critical' | 'stale' | 'unknown';

export interface WorkerHealth {
  readonly name: string;
  readonly job: string;
  readonly trigger: string;
  readonly status: WorkerStatus;
  readonly consecutiveFailures: number;
  readonly lastRun: string | null;
  /** Null in a process without the schedule. */
  readonly nextRun: string | null;
}

const staleAfterMs = 2 * 3_600_000;
const criticalFrom = 3;

/** G26: never ran is unknown, silent for two hours is stale, 1–2 failures in a row are a warning, 3 critical. */
export function workerStatus({ lastRun, consecutiveFailures }: JobState, nowMs: number): WorkerStatus {
  if (!lastRun) return 'unknown';
  if (consecutiveFailures >= criticalFrom) return 'critical';
  if (nowMs - lastRun.getTime() > staleAfterMs) return 'stale';
  return consecutiveFailures > 0 ? 'warning' : 'healthy';
}

/** How the billing jobs fare, in all processes together. */
@Injectable()
export class WorkersHealth {
  constructor(
    private readonly slots: JobSlots,
    private readonly clock: Clock,
    @Optional() private readonly scheduler?: SchedulerRegistry,
  ) {}

  /** Whether this process has the schedule. */
  get isScheduled(): boolean {
    return this.scheduler !== undefined;
  }

  async workers(): Promise<WorkerHealth[]> {
    const nowMs = this.clock.now().epochMilliseconds;
    return Promise.all(
      workers.map(async ({ name, job, trigger }) => {
        const state = await this.slots.state(job);
        const next = this.scheduler?.getCronJobs().get(job)?.nextDate();
        return {
          name,
          job,
          trigger,
          status: workerStatus(state, nowMs),
          consecutiveFailures: state.consecutiveFailures,
          lastRun: state.lastRun && isoOf(state.lastRun),
          nextRun: next ? isoOf(next.toJSDate()) : null,
        };
      }),
    );
  }
}
