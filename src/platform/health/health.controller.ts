import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Header, type OnModuleDestroy, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Public } from '../auth/principal.ts';
import { errorBody } from '../http/error.filter.ts';
import { Metrics } from './metrics.ts';

/** A database that does not answer a trivial question by then is down for our callers. */
const answerWithinMs = 2_000;

@ApiTags('Operations')
@Public()
@Controller()
export class HealthController implements OnModuleDestroy {
  private stopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
  ) {}

  /** The process runs. Says nothing about the database, so that its outage does not restart every process. */
  @Get('health/live')
  live() {
    return { status: 'ok' };
  }

  /** The first thing of a shutdown: whoever distributes requests sends them elsewhere while this process finishes what is in hand. */
  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** This process can serve requests, and means to go on. */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    if (this.stopping) {
      // Meant to be so, thus no error in the log.
      void reply.status(503);
      return errorBody('service_unavailable');
    }
    const deadline = new AbortController();
    const outcome = await Promise.race([
      this.dataSource.query('select 1').then(
        () => 'ok',
        () => 'refused',
      ),
      pause(answerWithinMs, 'too late', { signal: deadline.signal }).catch(() => 'answered'),
    ]);
    deadline.abort();
    if (outcome !== 'ok') throw new BillingError('service_unavailable');
    return { status: 'ok' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  readMetrics() {
    return this.metrics.registry.metrics();
  }
}
