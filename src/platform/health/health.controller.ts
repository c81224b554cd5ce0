import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Public } from '../auth/principal.ts';
import { Metrics } from './metrics.ts';

/** A database that does not answer a trivial question by then is down for our callers. */
const answerWithinMs = 2_000;

@ApiTags('Operations')
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
  ) {}

  /** The process runs. Says nothing about the database, so that its outage does not restart every process. */
  @Get('health/live')
  live() {
    return { status: 'ok' };
  }

  /** This process can serve requests. */
  @Get('health/ready')
  async ready() {
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
