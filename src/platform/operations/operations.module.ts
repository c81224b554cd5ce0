import { Global, Module } from '@nestjs/common';
import { OperationsController } from './operations.controller.ts';
import { Operations } from './operations.ts';
import { OperationsStore } from './operations.store.ts';

/** Global, because any room may have work that outlives its request. */
@Global()
@Module({ controllers: [OperationsController], providers: [Operations, OperationsStore], exports: [Operations] })
export class OperationsModule {}
