import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/auth/principal.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { WorkersHealth, type WorkerStatus } from './workers-health.ts';

const worstFirst: readonly WorkerStatus[] = ['critical', 'stale', 'warning', 'unknown', 'healthy'];

@ApiTags('Billing')
@Controller('api/v1/workers')
export class WorkersHealthController {
  constructor(
    private readonly workersHealth: WorkersHealth,
    private readonly clock: Clock,
  ) {}

  @Public()
  @Get('health')
  async health() {
    const workers = await this.workersHealth.workers();
    return {
      timestamp: this.clock.now().toString(),
      scheduler: {
        running: this.workersHealth.isScheduled,
        jobs: workers.map(({ job, nextRun, trigger }) => ({ id: job, next_run_time: nextRun, trigger })),
      },
      workers: Object.fromEntries(
        workers.map(({ name, status, consecutiveFailures, lastRun }) => [
          name,
          { status, consecutive_failures: consecutiveFailures, last_run: lastRun },
        ]),
      ),
      overall_status: worstFirst.find((status) => workers.some((worker) => worker.status === status)) ?? 'unknown',
    };
  }
}
