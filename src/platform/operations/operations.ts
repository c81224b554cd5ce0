import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock, dateOf } from '../clock/clock.ts';
import { newId } from '../database/ids.ts';
import { UnitOfWork } from '../database/unit-of-work.ts';
import { withoutSteps } from '../idempotency/attempt.ts';
import { log } from '../logging/log.ts';
import { type Operation, type OperationKey, OperationsStore, type Saying } from './operations.store.ts';

const heartbeatEveryMs = 20_000;
/** An operation that has been silent for so long has no process any more. */
const deadAfterMs = 90_000;

/** How the work says where it is; false once somebody asked it to stop. */
export type Progress = (message: string, percent: number) => Promise<boolean>;

/** Work that outlives its request: a row, events with numbers, an end that everybody sees. */
@Injectable()
export class Operations implements BeforeApplicationShutdown {
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly store: OperationsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Answers at once; the work goes on. What it returns is the result, what it throws the error. Work that looks at `Progress` and
   * stops when told ends as CANCELLED; work that does not look ends as it ends.
   */
  async start(organizationId: string, type: string, work: (progress: Progress) => Promise<object>): Promise<Operation> {
    const key = { organization_id: organizationId, id: newId() };
    const operation = await this.unitOfWork.run((tx) => this.store.openIn(tx, key, type, this.now(), 'here'));
    const task = withoutSteps(() => this.run(operation, work)).finally(() => this.running.delete(task));
    this.running.add(task);
    return operation;
  }

  /** @throws BillingError operation_not_found, for another tenant's too */
  async find(organizationId: string, id: string): Promise<Operation> {
    const found = await this.store.find(organizationId, id);
    if (!found) throw new BillingError('operation_not_found');
    if (!(await this.store.isOrphan(found, new Date(this.clock.now().epochMilliseconds - deadAfterMs)))) return found;
    const error = { error_type: 'process_died', message: 'The process that worked on this is gone.' };
    await this.store.say(found, { type: 'operation_error', payload: error, status: 'FAILED', error }, this.now());
    return (await this.store.find(organizationId, id)) ?? found;
  }

  /** Asks it to stop at its next step. @throws BillingError operation_not_found, operation_finished */
  async cancel(organizationId: string, id: string): Promise<Operation> {
    const operation = await this.find(organizationId, id);
    const asked = await this.store.requestCancel(operation);
    if (!asked) throw new BillingError('operation_finished');
    return asked;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.running);
  }

  private async run(operation: OperationKey, work: (progress: Progress) => Promise<object>): Promise<void> {
    let cancelled = false;
    const heartbeat = setInterval(
      () => void this.store.beat(operation, this.now()).catch(() => undefined),
      heartbeatEveryMs,
    ).unref();
    const progress: Progress = async (message, percent) => {
      const answer = await this.quietly(operation, {
        type: 'operation_progress',
        payload: { message, progress_percent: percent },
      });
      cancelled ||= answer?.cancel_requested ?? false;
      return !cancelled;
    };
    try {
      await this.quietly(operation, { type: 'operation_started', payload: {}, status: 'RUNNING' });
      const result = await work(progress);
      await this.quietly(
        operation,
        cancelled
          ? { type: 'operation_cancelled', payload: { result }, status: 'CANCELLED', result }
          : { type: 'operation_completed', payload: { result }, status: 'COMPLETED', result },
      );
    } catch (cause) {
      log.error('an operation failed', cause, { operation_id: operation.id });
      const error =
        cause instanceof BillingError
          ? { error_type: cause.code, message: cause.message }
          : { error_type: 'internal_error', message: 'The log says why.' };
      await this.quietly(operation, { type: 'operation_error', payload: error, status: 'FAILED', error });
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Telling never fails the work (E9). */
  private async quietly(operation: OperationKey, saying: Saying): Promise<{ cancel_requested: boolean } | undefined> {
    try {
      return await this.store.say(operation, saying, this.now());
    } catch (error) {
      log.warn('an operation could not say where it is', { operation_id: operation.id, reason: String(error) });
      return undefined;
    }
  }

  private now(): Date {
    return dateOf(this.clock.now());
  }
}
