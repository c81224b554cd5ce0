import { Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { hearWord, type ProvisioningWord } from '../../../domain/lifecycles/provisioning.ts';
import { isId } from '../../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { ResumableOperations } from '../../../platform/operations/resumable-operations.ts';
import { AttemptRow } from './attempt.entity.ts';
import { type HeldAttempt, holdAttempt, updateAttempt } from './attempts.store.ts';
import { EndAttempt, type Failure } from './end-attempt.ts';
import type { CompleteInput, FailInput, ProgressInput } from './callback.dto.ts';

/** What the tenant's service says of a resource that it was asked to make. The first end stands. */
@Injectable()
export class HearProvisioner {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: ResumableOperations,
    private readonly endAttempt: EndAttempt,
  ) {}

  /** @throws BillingError operation_not_found, operation_finished */
  async progress(organizationId: string, id: string, input: ProgressInput): Promise<AttemptRow> {
    return this.withHeld(organizationId, id, async (tx, { attempt }) => {
      if (attempt.finishedAt !== null) throw new BillingError('operation_finished');
      // It works on it, whatever became of its answer to our request.
      if (attempt.status === 'REQUESTED') await updateAttempt(tx, attempt, { status: 'ACCEPTED', lookAt: attempt.deadlineAt });
      await this.operations.progress(tx, { organization_id: organizationId, id }, input.message, input.progress_percent);
    });
  }

  /**
   * The resource is there.
   * @throws BillingError operation_not_found, operation_finished (it failed, or another resource was named), conflict (its customer has that
   * resource already), subscription_gone (nobody waits for it any more: take it down)
   */
  async complete(organizationId: string, id: string, input: CompleteInput): Promise<AttemptRow> {
    const { resource_id: resourceId, result = {} } = input;
    const attempt = await this.end(organizationId, id, { made: true, resourceId }, (tx, held) =>
      isAwaited(held) ? this.endAttempt.succeed(tx, held, resourceId, result) : this.endAttempt.fail(tx, held, goneOf(held)),
    );
    // The end of the attempt is stored, and what was paid is settled.
    if (attempt.failureType === gone) throw new BillingError('subscription_gone');
    return attempt;
  }

  /** It cannot be made. @throws BillingError operation_not_found, operation_finished (it was made) */
  async fail(organizationId: string, id: string, input: FailInput): Promise<AttemptRow> {
    const failure = { type: input.error_type ?? 'provisioning_failed', reason: input.error };
    return this.end(organizationId, id, { made: false }, (tx, held) => this.endAttempt.fail(tx, held, failure));
  }

  private end(
    organizationId: string,
    id: string,
    word: ProvisioningWord,
    news: (tx: Tx, held: HeldAttempt) => Promise<unknown>,
  ): Promise<AttemptRow> {
    return this.withHeld(organizationId, id, async (tx, held) => {
      if (word.made && held.attempt.failureType === gone) return;
      const heard = hearWord(held.attempt, word);
      if (heard === 'contradiction') throw new BillingError('operation_finished');
      if (heard === 'news') await news(tx, held);
    });
  }

  private withHeld(organizationId: string, id: string, work: (tx: Tx, held: HeldAttempt) => Promise<void>): Promise<AttemptRow> {
    const refusals = {
      uq_subscriptions_live_resource: () => new BillingError('conflict', { resource_id: ['value_already_exist'] }),
    };
    return this.unitOfWork.run(async (tx) => {
      const held = isId(id) ? await holdAttempt(tx, { organization_id: organizationId, id }) : undefined;
      if (!held) throw new BillingError('operation_not_found');
      await work(tx, held);
      return tx.findOneByOrFail(AttemptRow, { organizationId, id });
    }, refusals);
  }
}

/** The failure of an attempt whose subscription ended first. */
export const gone = 'subscription_ended';
export const goneOf = ({ subscription }: HeldAttempt): Failure => ({
  type: gone,
  reason: `The subscription is ${subscription.status.toLowerCase()}.`,
});
export const isAwaited = ({ subscription }: HeldAttempt): boolean => subscription.status === 'PROVISIONING';
