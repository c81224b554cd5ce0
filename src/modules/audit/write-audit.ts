import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import { type Query, queryIn, queryOn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { genesis, hashOf } from './audit-chain.ts';
import {
  advanceTo,
  type EntryToStore,
  headsOf,
  insertEntries,
  isBehind,
  openNextWindow,
  readTold,
  takeWindow,
  type ToldEvent,
} from './audit.store.ts';

const batchSize = 2_000;

/** The one writer of the audit: takes what was told out of the outbox, in order, and chains it, organization by organization. */
@Injectable()
export class WriteAudit {
  private readonly query: Query;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    dataSource: DataSource,
  ) {
    this.query = queryOn(dataSource);
  }

  /**
   * Writes until nothing told of this organization is missing. Transactions of others that still run hold the writer back for a
   * moment; who reads the audit waits for them, two seconds at most.
   */
  async catchUp(organizationId: string): Promise<void> {
    for (const deadline = performance.now() + 2_000; performance.now() < deadline; await pause(20)) {
      await this.execute();
      if (!(await isBehind(this.query, organizationId))) return;
    }
  }

  /** Returns how many entries it wrote; 0 also while another process writes. */
  async execute(): Promise<number> {
    let written = 0;
    for (;;) {
      const batch = await this.unitOfWork.run(async (tx) => {
        const query = queryIn(tx);
        let window = await takeWindow(query);
        if (!window) return 0;
        let events = await readTold(query, window, batchSize);
        if (events.length === 0) {
          window = await openNextWindow(query);
          if (!window) return 0;
          events = await readTold(query, window, batchSize);
        }
        const last = events.at(-1);
        if (!last) return 0;
        const heads = await headsOf(query, [...new Set(events.map((event) => event.organization_id))]);
        await insertEntries(query, chain(events, heads, dateOf(this.clock.now())));
        await advanceTo(query, last.outbox_id);
        return events.length;
      });
      written += batch;
      if (batch === 0) return written;
    }
  }
}

function chain(
  events: readonly ToldEvent[],
  heads: readonly { organization_id: string; sequence: string; hash: Buffer }[],
  at: Date,
): EntryToStore[] {
  const headOf = new Map(heads.map((head) => [head.organization_id, { sequence: BigInt(head.sequence), hash: head.hash }]));
  return events.map((event) => {
    const head = headOf.get(event.organization_id) ?? { sequence: 0n, hash: genesis };
    const sequence = head.sequence + 1n;
    const entry = { ...event, sequence: sequence.toString(), id: newId(), logged_at: at };
    const hash = hashOf(event.organization_id, entry, head.hash);
    headOf.set(event.organization_id, { sequence, hash });
    return { ...entry, hash };
  });
}
