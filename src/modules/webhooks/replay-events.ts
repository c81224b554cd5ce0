import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { Bell } from '../../platform/jobs/bell.ts';
import { log } from '../../platform/logging/log.ts';
import { InboundEventRow, type InboundStatus } from './inbound-event.entity.ts';
import { inboxBell } from './receive-event.ts';

export interface ReplayRange {
  /** By when they were received, half-open. */
  readonly from: Date;
  readonly to: Date;
  readonly status?: InboundStatus;
}

const again = `set status = 'RECEIVED', attempts = 0, next_attempt_at = clock_timestamp(), processed_at = null, error = null`;

/** Works on stored events once more, from the first try. What was applied already stays one effect. */
@Injectable()
export class ReplayEvents {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: Bell,
  ) {}

  /** @throws BillingError inbound_event_not_found, conflict (a worker has it right now) */
  async one(id: string): Promise<InboundEventRow> {
    const found = isId(id) ? await this.dataSource.manager.findOneBy(InboundEventRow, { id }) : null;
    if (!found) throw new BillingError('inbound_event_not_found');
    const [, count] = (await this.dataSource.query(`update inbound_events ${again} where id = $1 and status <> 'PROCESSING'`, [
      id,
    ])) as [unknown, number];
    if (count === 0) throw new BillingError('conflict', { status: ['in_progress'] });
    log.info('inbound event is replayed', { event_id: found.eventId });
    this.bell.ring(inboxBell);
    return this.dataSource.manager.findOneByOrFail(InboundEventRow, { id });
  }

  /** Those being worked on are left alone. Returns how many are replayed. */
  async range({ from, to, status }: ReplayRange): Promise<number> {
    const [, count] = (await this.dataSource.query(
      `update inbound_events ${again} where received_at >= $1 and received_at < $2 and status <> 'PROCESSING' and ($3::text is null or status = $3)`,
      [from, to, status ?? null],
    )) as [unknown, number];
    log.info('inbound events are replayed', { from, to, count });
    this.bell.ring(inboxBell);
    return count;
  }
}
