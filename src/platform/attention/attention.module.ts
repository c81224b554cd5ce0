import { Global, Module } from '@nestjs/common';
import { NeedsAttention } from './needs-attention.ts';
import { AdminNeedsAttentionController, NeedsAttentionController } from './needs-attention.controller.ts';

/** Global, because any room has jobs. */
@Global()
@Module({
  controllers: [NeedsAttentionController, AdminNeedsAttentionController],
  providers: [NeedsAttention],
  exports: [NeedsAttention],
})
export class AttentionModule {}
