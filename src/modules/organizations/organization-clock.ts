import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Query } from '../../platform/database/sql.ts';

const readLive = { name: 'organizations.live_time', text: `select date_trunc('milliseconds', clock_timestamp()) as now` };

/**
 * The present of every live organization: the database's clock, one for all processes, so that a host whose clock is wrong bills nobody
 * early or late. Milliseconds, as the driver has them.
 */
export async function liveTime(query: Query): Promise<Date> {
  const [row] = await query<{ now: Date }>(readLive, []);
  if (!row) throw new Error('the database does not tell the time');
  return row.now;
}

/** Time as an organization lives it: its virtual clock in test mode, else that of live organizations. */
@Injectable()
export class OrganizationClock {
  constructor(private readonly dataSource: DataSource) {}

  async now(organizationId: string, manager: EntityManager = this.dataSource.manager): Promise<Date> {
    const [row] = (await manager.query(
      `select date_trunc('milliseconds', coalesce((select virtual_now from organizations where id = $1), clock_timestamp())) as now`,
      [organizationId],
    )) as { now: Date }[];
    if (!row) throw new Error('the database does not tell the time');
    return row.now;
  }
}
