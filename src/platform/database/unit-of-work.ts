import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import type { BillingError } from '../../domain/errors/billing-error.ts';
import { nextStep, type Step } from '../idempotency/attempt.ts';

declare const brand: unique symbol;

/** A manager inside a transaction. Only `UnitOfWork.run` makes one, so a write outside a transaction does not compile. */
export type Tx = EntityManager & { readonly [brand]: 'Tx' };

/** Constraint name → what to tell the caller when the database refuses by it. */
export type Refusals = Readonly<Record<string, () => BillingError>>;

const serializationFailure = '40001';
const deadlock = '40P01';
const attempts = 5;

@Injectable()
export class UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction. Deadlocks and serialization failures are tried again (5 times, with jitter); a
   * constraint named in `refusals` becomes that refusal; everything else is thrown as it is, rolled back. In a request with an
   * Idempotency-Key its outcome is kept in the same transaction, and what an earlier attempt committed is not done again.
   */
  async run<T>(work: (tx: Tx) => Promise<T>, refusals: Refusals = {}): Promise<T> {
    const step = nextStep();
    if (step?.earlier) return step.earlier.outcome as T;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.dataSource.transaction((manager) => kept(step, manager as Tx, work));
      } catch (error) {
        const { code, constraint } = databaseError(error);
        const refusal = constraint === undefined ? undefined : refusals[constraint];
        if (refusal) throw refusal();
        if (attempt === attempts || (code !== serializationFailure && code !== deadlock)) throw error;
        await pause(2 ** attempt * 5 * (1 + Math.random()));
      }
    }
  }

  /** Runs `work` over one moment of the database and takes back all that it wrote: what is only asked for leaves nothing behind. */
  async rehearse<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.run<never>(async (tx) => {
        await tx.query('set transaction isolation level repeatable read');
        throw new Rehearsed(await work(tx));
      });
    } catch (error) {
      if (error instanceof Rehearsed) return error.outcome as T;
      throw error;
    }
  }
}

async function kept<T>(step: Step | undefined, tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!step) return work(tx);
  const outcome = await step.within(() => work(tx));
  await step.keep(tx, outcome);
  return outcome;
}

/** How a rehearsal leaves its transaction, so that it is rolled back. */
class Rehearsed<T> {
  constructor(readonly outcome: T) {}
}

/** SQLSTATE and constraint of a failed statement; empty for any other error. */
export function databaseError(error: unknown): { code?: string; constraint?: string } {
  const source = error instanceof QueryFailedError ? (error.driverError as object) : error;
  if (typeof source !== 'object' || source === null) return {};
  const { code, constraint } = source as { code?: unknown; constraint?: unknown };
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
  };
}
