import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/**
 * Time as an organization lives it: its virtual clock in test mode, else the database's, which is one for all processes: a host whose
 * clock is wrong bills nobody early or late. Milliseconds, as the driver has them.
 */
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

  /** The present of every live organization. */
  async ofLive(): Promise<Date> {
    const [row] = (await this.dataSource.query(`select date_trunc('milliseconds', clock_timestamp()) as now`)) as { now: Date }[];
    if (!row) throw new Error('the database does not tell the time');
    return row.now;
  }
}
