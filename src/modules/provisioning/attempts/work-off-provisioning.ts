import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../../platform/clock/clock.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { type AttemptKey, cancelWanted, claimAttempts, type HeldAttempt, holdAttempt } from './attempts.store.ts';
import { goneOf, isAwaited } from './hear-provisioner.ts';
import { EndAttempt, type Failure } from './end-attempt.ts';
import { RequestResource } from './request-resource.ts';
import { SettleFailure } from './settle-failure.ts';

const attemptsAtOnce = 8;
/** Longer than a request or a settlement takes; a worker that is silent for so long is dead, and another one goes on. */
const leaseSeconds = 60;

/** Takes each attempt that somebody has to look at one step further. Any number of processes may do so at once. */
@Injectable()
export class WorkOffProvisioning {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly requestResource: RequestResource,
    private readonly settleFailure: SettleFailure,
    private readonly endAttempt: EndAttempt,
    private readonly clock: Clock,
  ) {}

  /** Until nothing is due. Returns how many steps were taken. */
  async execute(goesOn: () => boolean = () => true): Promise<number> {
    let steps = 0;
    while (goesOn()) {
      const claimed = await claimAttempts(this.dataSource, attemptsAtOnce, leaseSeconds);
      if (claimed.length === 0) break;
      await Promise.all(claimed.map((key) => this.step(key)));
      steps += claimed.length;
    }
    return steps;
  }

  private async step(key: AttemptKey): Promise<void> {
    try {
      const held = await this.unitOfWork.run(async (tx) => {
        const found = await holdAttempt(tx, key);
        const failure = found && (await this.failureOf(tx, found));
        if (!found || !failure) return found;
        await this.endAttempt.fail(tx, found, failure);
        return undefined;
      });
      if (held?.attempt.status === 'REQUESTED') await this.requestResource.execute(held);
      if (held?.attempt.settlement === 'DUE') await this.settleFailure.execute(held);
    } catch (error) {
      log.error('an attempt to provision did not get further; it is tried again', error, { operation_id: key.id });
    }
  }

  /** What ends an attempt without any word of the provisioner. */
  private async failureOf(tx: Tx, held: HeldAttempt): Promise<Failure | undefined> {
    const { attempt } = held;
    if (attempt.finishedAt !== null) return undefined;
    if (await cancelWanted(tx, attempt)) return { type: 'cancelled', reason: 'It was cancelled.' };
    if (!isAwaited(held)) return goneOf(held);
    if (attempt.deadlineAt.getTime() > this.clock.now().epochMilliseconds) return undefined;
    const reason =
      attempt.status === 'ACCEPTED'
        ? 'The provisioner did not finish in time.'
        : `The provisioner did not take it on in time; its last answer: ${attempt.lastAnswer ?? 'none'}.`;
    return { type: 'deadline_exceeded', reason };
  }
}
