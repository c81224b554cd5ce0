import { Global, Module } from '@nestjs/common';
import { OperationsController } from './operations.controller.ts';
import { Operations } from './operations.ts';
import { OperationsStore } from './operations.store.ts';
import { ResumableOperations } from './resumable-operations.ts';

/** Global, because any room may have work that outlives its request. */
@Global()
@Module({
  controllers: [OperationsController],
  providers: [Operations, OperationsStore, ResumableOperations],
  exports: [Operations, ResumableOperations],
})
export class OperationsModule {}
