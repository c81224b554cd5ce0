import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isoOf } from '../clock/clock.ts';
import { isOutage } from '../database/outage.ts';
import { queryIn, queryOn } from '../database/sql.ts';
import { UnitOfWork } from '../database/unit-of-work.ts';
import { log } from '../logging/log.ts';
import { tell } from '../outbox/outbox.ts';
import {
  type AttentionJob,
  type AttentionRecord,
  insertAttention,
  settleAttention,
  type TroubledObject,
} from './needs-attention.store.ts';
import { type Reason, reasonOf, Trouble } from './reason.ts';

/** What jobs could not work on: a row each, until it succeeds. It is tried again later and later, and keeps nobody else waiting. */
@Injectable()
export class NeedsAttention {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * Notes that the job failed with this object, tells it when there is something new to say, and answers why.
   * @param at the organization's present
   */
  async note(job: AttentionJob, object: TroubledObject, error: unknown, at: Date): Promise<Reason> {
    const { organizationId, id, externalId } = object;
    const reason = reasonOf(error);
    const isRefusal = error instanceof BillingError || error instanceof Trouble;
    log.error(`${job.name} failed with one object; the others go on`, isRefusal ? undefined : error, {
      reason: reason.message,
      organization_id: organizationId,
      [`${job.objectType}_id`]: id,
      external_id: externalId,
    });
    await this.unitOfWork.run(async (tx) => {
      const row = await insertAttention(queryIn(tx), job, object, reason, at);
      if (row.is_news)
        await tell(tx, organizationId, at, [
          { objectType: job.objectType, objectId: id, type: job.told, payload: presentAttention(row) },
        ]);
    });
    return reason;
  }

  /**
   * The work of a job, one organization after the other: one that breaks off keeps no other waiting, and is on the list until it succeeds.
   * @throws AggregateError once all had their turn, when it broke off for some
   */
  async forEach<Result>(
    job: string,
    organizationIds: readonly string[],
    at: Date,
    work: (organizationId: string) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    const failures: unknown[] = [];
    for (const organizationId of organizationIds) {
      try {
        results.push(await work(organizationId));
        await settleAttention(queryOn(this.dataSource), job, organizationId, [organizationId]);
      } catch (error) {
        log.error(`${job} broke off for an organization; the others go on`, error, { organization_id: organizationId });
        failures.push(error);
        if (!isOutage(error)) await this.noteOrganization(job, organizationId, error, at);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${job} broke off for ${failures.length} of ${organizationIds.length} organizations`);
    return results;
  }

  private async noteOrganization(job: string, organizationId: string, error: unknown, at: Date): Promise<void> {
    const object = { organizationId, id: organizationId, externalId: null };
    await insertAttention(queryOn(this.dataSource), { name: job, objectType: 'organization' }, object, reasonOf(error), at).catch(
      (unwritten: unknown) => log.error('what needs attention could not be written', unwritten),
    );
  }
}

export const presentAttention = (row: AttentionRecord) => ({
  job: row.job,
  object_type: row.object_type,
  lago_id: row.object_id,
  external_id: row.external_id,
  code: row.code,
  field: row.field,
  message: row.message,
  attempts: row.attempts,
  first_seen_at: isoOf(row.first_seen_at),
  last_seen_at: isoOf(row.last_seen_at),
  next_attempt_at: isoOf(row.next_attempt_at),
});
