import { Module } from '@nestjs/common';
import { BillableMetricsController } from './billable-metrics.controller.ts';
import { WriteBillableMetric } from './write-billable-metric.ts';

@Module({ controllers: [BillableMetricsController], providers: [WriteBillableMetric] })
export class BillableMetricsModule {}
