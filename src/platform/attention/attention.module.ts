import { Global, Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.ts';
import { AttentionMetrics } from './attention-metrics.ts';
import { NeedsAttention } from './needs-attention.ts';
import { AdminNeedsAttentionController, NeedsAttentionController } from './needs-attention.controller.ts';

/** Global, because any room has jobs. */
@Global()
@Module({
  imports: [HealthModule],
  controllers: [NeedsAttentionController, AdminNeedsAttentionController],
  providers: [AttentionMetrics, NeedsAttention],
  exports: [NeedsAttention],
})
export class AttentionModule {}
