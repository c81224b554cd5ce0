import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { queryOn } from '../database/sql.ts';
import { Metrics } from '../health/metrics.ts';
import { countAttention } from './needs-attention.store.ts';

/** How many objects jobs could not work on, for Prometheus: read when it asks, and silent while the database is away. */
@Injectable()
export class AttentionMetrics {
  readonly objects: Gauge<'job'>;

  constructor(metrics: Metrics, dataSource: DataSource) {
    this.objects = new Gauge({
      name: 'florin_needs_attention',
      help: 'Objects that a job could not work on and tries again later.',
      labelNames: ['job'] as const,
      registers: [metrics.registry],
      async collect() {
        this.reset();
        const counts = await countAttention(queryOn(dataSource)).catch(() => new Map<string, number>());
        for (const [job, count] of counts) this.set({ job }, count);
      },
    });
  }
}
