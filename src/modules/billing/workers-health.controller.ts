import { Controller, Get, Optional } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/auth/principal.ts';
import { Clock, isoOf } from '../../platform/clock/clock.ts';
import { type JobState, JobSlots } from '../../platform/jobs/job-slots.ts';
import { finalizationJob, generationJob } from './billing.cron.ts';

type WorkerStatus = 'healthy' | 'warning' | 'critical' | 'stale' | 'unknown';

const staleAfterMs = 2 * 3_600_000;
const criticalFrom = 3;
const worstFirst: readonly WorkerStatus[] = ['critical', 'stale', 'warning', 'unknown', 'healthy'];
const triggers = { [generationJob]: "cron[minute='0']", [finalizationJob]: "cron[minute='*/5']" } as const;

/** G26: never ran is unknown, silent for two hours is stale, 1–2 failures in a row are a warning, 3 critical. */
export function workerStatus({ lastRun, consecutiveFailures }: JobState, nowMs: number): WorkerStatus {
  if (!lastRun) return 'unknown';
  if (consecutiveFailures >= criticalFrom) return 'critical';
  if (nowMs - lastRun.getTime() > staleAfterMs) return 'stale';
  return consecutiveFailures > 0 ? 'warning' : 'healthy';
}

@ApiTags('Billing')
@Controller('api/v1/workers')
export class WorkersHealthController {
  constructor(
    private readonly slots: JobSlots,
    private readonly clock: Clock,
    @Optional() private readonly scheduler?: SchedulerRegistry,
  ) {}

  @Public()
  @Get('health')
  async health() {
    const now = this.clock.now();
    const entries = await Promise.all(
      (
        [
          ['invoice_generator', generationJob],
          ['invoice_finalizer', finalizationJob],
        ] as const
      ).map(async ([worker, job]) => {
        const state = await this.slots.state(job);
        return [worker, { status: workerStatus(state, now.epochMilliseconds), state }] as const;
      }),
    );
    const statuses = entries.map(([, { status }]) => status);
    return {
      timestamp: now.toString(),
      scheduler: { running: this.scheduler !== undefined, jobs: [this.job(generationJob), this.job(finalizationJob)] },
      workers: Object.fromEntries(
        entries.map(([worker, { status, state }]) => [
          worker,
          { status, consecutive_failures: state.consecutiveFailures, last_run: state.lastRun && isoOf(state.lastRun) },
        ]),
      ),
      overall_status: worstFirst.find((status) => statuses.includes(status)) ?? 'unknown',
    };
  }

  private job(id: typeof generationJob | typeof finalizationJob) {
    const next = this.scheduler?.getCronJobs().get(id)?.nextDate();
    return { id, next_run_time: next ? isoOf(next.toJSDate()) : null, trigger: triggers[id] };
  }
}
