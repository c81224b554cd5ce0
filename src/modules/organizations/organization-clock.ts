import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { OrganizationRow } from './organization.entity.ts';

/** Time as an organization lives it: its virtual clock in test mode, the wall clock otherwise. */
@Injectable()
export class OrganizationClock {
  constructor(
    private readonly clock: Clock,
    private readonly dataSource: DataSource,
  ) {}

  async now(organizationId: string, manager: EntityManager = this.dataSource.manager): Promise<Date> {
    const row = await manager.findOne(OrganizationRow, { where: { id: organizationId }, select: { id: true, virtualNow: true } });
    return row?.virtualNow ?? dateOf(this.clock.now());
  }
}
