import { Injectable } from '@nestjs/common';
import { Clock, dateOf } from '../clock/clock.ts';
import type { Tx } from '../database/unit-of-work.ts';
import { type Operation, type OperationKey, OperationsStore } from './operations.store.ts';

/** Why an operation failed, for whoever follows it. */
export interface OperationError {
  readonly error_type: string;
  readonly message: string;
}

/**
 * Operations whose work is rows of a room: any process goes on with them, so they outlive every process, and each step is said in the
 * transaction that takes it.
 */
@Injectable()
export class ResumableOperations {
  constructor(
    private readonly store: OperationsStore,
    private readonly clock: Clock,
  ) {}

  /** `id` is that of the row that is the work. */
  async begin(tx: Tx, key: OperationKey, type: string): Promise<Operation> {
    const operation = await this.store.openIn(tx, key, type, this.now(), 'by_rows');
    await this.store.sayIn(tx, operation, { type: 'operation_started', payload: {}, status: 'RUNNING' }, this.now());
    return operation;
  }

  async progress(tx: Tx, key: OperationKey, message: string, percent: number): Promise<void> {
    const payload = { message, progress_percent: percent };
    await this.store.sayIn(tx, key, { type: 'operation_progress', payload }, this.now());
  }

  async complete(tx: Tx, key: OperationKey, result: object): Promise<void> {
    await this.store.sayIn(
      tx,
      key,
      { type: 'operation_completed', payload: { result }, status: 'COMPLETED', result },
      this.now(),
    );
  }

  async fail(tx: Tx, key: OperationKey, error: OperationError): Promise<void> {
    await this.store.sayIn(tx, key, { type: 'operation_error', payload: error, status: 'FAILED', error }, this.now());
  }

  /** It stopped because somebody asked it to. */
  async cancel(tx: Tx, key: OperationKey, result: object): Promise<void> {
    await this.store.sayIn(
      tx,
      key,
      { type: 'operation_cancelled', payload: { result }, status: 'CANCELLED', result },
      this.now(),
    );
  }

  private now(): Date {
    return dateOf(this.clock.now());
  }
}
