import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { WorkersHealth } from '../workers-health.ts';

/** How the billing jobs fare, in all processes together. */
@ApiTags('Billing')
@OperatorOnly()
@Controller('admin/v1/workers')
export class AdminWorkersController {
  constructor(private readonly workersHealth: WorkersHealth) {}

  @Get()
  async list(@QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const { skip, take } = sliceOf(page);
    const workers = await this.workersHealth.workers();
    return {
      workers: workers
        .slice(skip, skip + take)
        .map(({ name, job, trigger, status, consecutiveFailures, needsAttention, lastRun, nextRun }) => ({
          name,
          job,
          trigger,
          status,
          consecutive_failures: consecutiveFailures,
          needs_attention: needsAttention,
          last_run: lastRun,
          next_run_time: nextRun,
        })),
      meta: metaOf(page, workers.length),
    };
  }
}
