import { Injectable } from '@nestjs/common';
import { pauseSecondsAfter, readAnswer } from '../../../domain/lifecycles/provisioning.ts';
import { Clock, dateOf, isoOf } from '../../../platform/clock/clock.ts';
import { toJson } from '../../../platform/http/strict-json.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { Outbound, type OutboundAnswer } from '../../../platform/outbound/outbound.ts';
import { signedHeaders } from '../../../platform/outbound/standard-webhook.ts';
import { DataSource } from 'typeorm';
import { presentSubscriptions } from '../../subscriptions/index.ts';
import { ProvisionerRow } from '../provisioners/provisioner.entity.ts';
import { type HeldAttempt, holdAttempt, updateAttempt } from './attempts.store.ts';
import { EndAttempt } from './end-attempt.ts';

/** Asks the tenant's service to make a resource: the same request under the same id, until it takes it on or says no. */
@Injectable()
export class RequestResource {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly outbound: Outbound,
    private readonly endAttempt: EndAttempt,
    private readonly clock: Clock,
  ) {}

  /** Between transactions: nothing is locked while the service thinks. */
  async execute(held: HeldAttempt): Promise<void> {
    const { organizationId, id } = held.attempt;
    const resourceType = held.subscription.resourceType ?? '';
    const provisioner = await this.dataSource.manager.findOneBy(ProvisionerRow, { organizationId, resourceType });
    const answer = provisioner?.url ? await this.ask(provisioner.url, provisioner.secret, held) : 'gone';
    await this.unitOfWork.run(async (tx) => {
      const now = await holdAttempt(tx, { organization_id: organizationId, id });
      // The service may have said how it ended before it answered.
      if (now?.attempt.status !== 'REQUESTED') return;
      if (answer === 'gone')
        return void (await this.endAttempt.fail(tx, now, {
          type: 'unknown_resource_type',
          reason: `Nobody makes resources of the type ${resourceType} any more.`,
        }));
      const tries = now.attempt.tries + 1;
      const meaning = typeof answer === 'string' ? 'again' : readAnswer(answer.status);
      const lastAnswer = typeof answer === 'string' ? answer : `HTTP ${answer.status}`;
      if (meaning === 'accepted')
        return updateAttempt(tx, now.attempt, { tries, lastAnswer, status: 'ACCEPTED', lookAt: now.attempt.deadlineAt });
      await updateAttempt(tx, now.attempt, { tries, lastAnswer, lookAt: this.nextLook(now, tries) });
      if (meaning === 'refused')
        await this.endAttempt.fail(tx, now, { type: 'refused', reason: `The provisioner refused it with ${lastAnswer}.` });
    });
  }

  private async ask(url: string, secret: Buffer, held: HeldAttempt): Promise<OutboundAnswer | string> {
    const body = await this.describe(held);
    const fields = { operation_id: held.attempt.id, url };
    try {
      const answer = await this.outbound.post(url, signedHeaders(secret, held.attempt.id, dateOf(this.clock.now()), body), body);
      log.info('a resource was requested', { ...fields, status: answer.status, answer: answer.text });
      return answer;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('a resource could not be requested', { ...fields, reason });
      return 'no answer';
    }
  }

  private async describe({ attempt, subscription }: HeldAttempt): Promise<string> {
    const [presented] = await presentSubscriptions(this.dataSource.manager, [subscription]);
    const path = `/api/v1/provisioning/${attempt.id}`;
    return toJson({
      type: 'provisioning.requested',
      timestamp: isoOf(attempt.createdAt),
      data: {
        operation_id: attempt.id,
        organization_id: attempt.organizationId,
        resource: { type: subscription.resourceType, id: subscription.resourceId, config: subscription.resourceConfig },
        subscription: presented,
        deadline_at: isoOf(attempt.deadlineAt),
        callbacks: { progress: `${path}/progress`, complete: `${path}/complete`, fail: `${path}/fail` },
      },
    });
  }

  private nextLook({ attempt }: HeldAttempt, tries: number): Date {
    const next = this.clock.now().epochMilliseconds + pauseSecondsAfter(tries) * 1000;
    return new Date(Math.min(next, attempt.deadlineAt.getTime()));
  }
}
