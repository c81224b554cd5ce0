import { Global, Module } from '@nestjs/common';
import { OperationsController } from './operations.controller.ts';
import { OperationStreams } from './operation-streams.ts';
import { Operations } from './operations.ts';
import { OperationsStore } from './operations.store.ts';
import { ReportedOperationsController } from './reported-operations.controller.ts';
import { ReportedOperations } from './reported-operations.ts';
import { ResumableOperations } from './resumable-operations.ts';

/** Global, because any room may have work that outlives its request. */
@Global()
@Module({
  controllers: [OperationsController, ReportedOperationsController],
  providers: [Operations, OperationStreams, OperationsStore, ReportedOperations, ResumableOperations],
  exports: [Operations, OperationStreams, ResumableOperations],
})
export class OperationsModule {}
