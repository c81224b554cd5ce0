import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Query, queryOn } from '../../platform/database/sql.ts';
import { type AuditEntry, genesis, hashOf } from './audit-chain.ts';

const pageSize = 2_000;

const page = {
  name: 'audit.verify_page',
  text: `select sequence, id, outbox_id, type, object_type, object_id, actor_type, actor_id, actor_address, request_id, payload::text as payload,
      occurred_at, logged_at, hash
    from audit_entries where organization_id = $1 and sequence > $2 order by sequence limit ${pageSize}`,
};

export interface ChainReport {
  readonly organizationId: string;
  readonly entries: bigint;
  /** Hash of the last entry, hex: whoever keeps it elsewhere can prove later that nothing before it changed. */
  readonly head: string;
  /** The first entry that is not what was written, or is missing; undefined when the chain holds. */
  readonly brokenAt: bigint | undefined;
}

/** Computes every hash again. */
@Injectable()
export class VerifyAudit {
  private readonly query: Query;

  constructor(private readonly dataSource: DataSource) {
    this.query = queryOn(dataSource);
  }

  async execute(organizationId?: string): Promise<ChainReport[]> {
    const organizations: { id: string }[] = await this.dataSource.query(
      'select id from organizations where $1::uuid is null or id = $1 order by id',
      [organizationId ?? null],
    );
    const reports: ChainReport[] = [];
    for (const { id } of organizations) reports.push(await this.verify(id));
    return reports;
  }

  private async verify(organizationId: string): Promise<ChainReport> {
    let previous: Buffer = genesis;
    let entries = 0n;
    for (;;) {
      const rows = await this.query<AuditEntry & { hash: Buffer }>(page, [organizationId, entries]);
      for (const row of rows) {
        const expected = entries + 1n;
        if (BigInt(row.sequence) !== expected || !hashOf(organizationId, row, previous).equals(row.hash))
          return { organizationId, entries, head: previous.toString('hex'), brokenAt: expected };
        previous = row.hash;
        entries = expected;
      }
      if (rows.length < pageSize) return { organizationId, entries, head: previous.toString('hex'), brokenAt: undefined };
    }
  }
}
