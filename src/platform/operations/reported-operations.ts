import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock, dateOf } from '../clock/clock.ts';
import { newId } from '../database/ids.ts';
import { UnitOfWork } from '../database/unit-of-work.ts';
import { Operations } from './operations.ts';
import { type Operation, OperationsStore, type Saying } from './operations.store.ts';

/** Operations of work that is done outside of this house. Whoever falls silent for 90 seconds counts as gone. */
@Injectable()
export class ReportedOperations {
  constructor(
    private readonly operations: Operations,
    private readonly store: OperationsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async open(organizationId: string, type: string): Promise<Operation> {
    const key = { organization_id: organizationId, id: newId() };
    const { id } = await this.unitOfWork.run(async (tx) => {
      const operation = await this.store.openIn(tx, key, type, this.now(), 'outside');
      await this.store.sayIn(tx, operation, { type: 'operation_started', payload: {}, status: 'RUNNING' }, this.now());
      return operation;
    });
    return this.operations.find(organizationId, id);
  }

  /** The answer says whether somebody asked it to stop. @throws BillingError operation_not_found, operation_finished */
  async progress(organizationId: string, id: string, message: string, percent: number): Promise<Operation> {
    const payload = { message, progress_percent: percent };
    return this.say(organizationId, id, () => ({ type: 'operation_progress', payload }));
  }

  /** One that was asked to stop is cancelled with what it did. @throws BillingError operation_not_found, operation_finished */
  async complete(organizationId: string, id: string, result: object): Promise<Operation> {
    return this.say(organizationId, id, ({ cancel_requested: isCancelled }) => ({
      type: isCancelled ? 'operation_cancelled' : 'operation_completed',
      payload: { result },
      status: isCancelled ? 'CANCELLED' : 'COMPLETED',
      result,
    }));
  }

  /** @throws BillingError operation_not_found, operation_finished */
  async fail(organizationId: string, id: string, message: string, errorType: string): Promise<Operation> {
    const error = { error_type: errorType, message };
    return this.say(organizationId, id, () => ({ type: 'operation_error', payload: error, status: 'FAILED', error }));
  }

  private async say(organizationId: string, id: string, saying: (operation: Operation) => Saying): Promise<Operation> {
    const operation = await this.operations.find(organizationId, id);
    if (!operation.reported) throw new BillingError('operation_not_found');
    const said = await this.unitOfWork.run((tx) => this.store.sayIn(tx, operation, saying(operation), this.now()));
    if (!said) throw new BillingError('operation_finished');
    return this.operations.find(organizationId, id);
  }

  private now(): Date {
    return dateOf(this.clock.now());
  }
}
