import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readStatement } from '../../platform/database/sql.ts';
import type { FlagSource } from '../../platform/feature-flags/organization-flag-provider.ts';

const select = { name: 'organizations.feature_flags', text: 'select feature_flags from organizations where id = $1' };

/** Not remembered anywhere: a flip holds from the next request on, in every process. */
@Injectable()
export class OrganizationFlags implements FlagSource {
  constructor(private readonly dataSource: DataSource) {}

  async enabledOf(organizationId: string): Promise<readonly string[]> {
    const [row] = await readStatement<{ feature_flags: string[] }>(this.dataSource, select, [organizationId]);
    if (!row) throw new Error(`organization ${organizationId} is gone`);
    return row.feature_flags;
  }
}
