import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/auth/principal.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { WorkersHealth, type WorkerStatus } from './workers-health.ts';

const worstFirst: readonly WorkerStatus[] = ['critical', 'stale', 'warning', 'degraded', 'unknown', 'healthy'];

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
    const inbox = await this.workersHealth.inbox();
    return {
      timestamp: this.clock.now().toString(),
      scheduler: {
        running: this.workersHealth.isScheduled,
        jobs: workers.map(({ job, nextRun, trigger }) => ({ id: job, next_run_time: nextRun, trigger })),
      },
      workers: Object.fromEntries(
        workers.map(({ name, status, consecutiveFailures, needsAttention, lastRun }) => [
          name,
          { status, consecutive_failures: consecutiveFailures, needs_attention: needsAttention, last_run: lastRun },
        ]),
      ),
      inbox: { status: inbox.status, waiting: inbox.waiting, oldest_waiting: inbox.oldestWaiting, dead: inbox.dead },
      overall_status: worstFirst.find((status) => [...workers, inbox].some((part) => part.status === status)) ?? 'unknown',
    };
  }
}
