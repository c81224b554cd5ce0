import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readStatement, runStatement, writeStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';

interface StreamRecord {
  readonly id: string;
  readonly external_subscription_id: string;
}

const maxRecent = 50_000;

const findStreams = {
  name: 'usage.find_streams',
  text: 'select id, external_subscription_id from usage_streams where organization_id = $1 and external_subscription_id = any($2::text[])',
};

const makeStreams = {
  name: 'usage.make_streams',
  text: `insert into usage_streams (organization_id, external_subscription_id) select $1, unnest($2::text[])
    on conflict (organization_id, external_subscription_id) do nothing`,
};

/** The stream that holds the events of an external subscription id, made when there is none yet. */
export async function ensureStream(tx: Tx, organizationId: string, externalSubscriptionId: string): Promise<string> {
  const values = [organizationId, [externalSubscriptionId]];
  const [known] = await runStatement<StreamRecord>(tx, findStreams, values);
  if (known) return known.id;
  await runStatement(tx, makeStreams, values);
  const [made] = await runStatement<StreamRecord>(tx, findStreams, values);
  if (!made) throw new Error('a usage stream vanished between being made and being read');
  return made.id;
}

/** Committed streams by external id. They never change, so whatever was read once may be remembered. */
@Injectable()
export class StreamDirectory {
  /** Least recently used out, by halves: what is asked for moves from `older` to `recent`, and a full `recent` becomes `older`. */
  private recent = new Generation();
  private older = new Generation();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * The stream of each external subscription id, in their order; makes what does not exist, whether a subscription with that id
   * exists or not.
   */
  async findOrMake(organizationId: string, externalIds: readonly string[]): Promise<string[]> {
    const known = externalIds.map((externalId) => this.recall(organizationId, externalId));
    const missing = new Set(externalIds.filter((_, position) => known[position] === undefined));
    if (missing.size === 0) return known as string[];
    const found = await this.read(organizationId, missing);
    const unmade = [...missing].filter((externalId) => !found.has(externalId));
    if (unmade.length > 0) {
      // In order, so that two requests that make the same streams wait for each other instead of deadlocking.
      await writeStatement(this.dataSource, makeStreams, [organizationId, unmade.toSorted()]);
      for (const [externalId, id] of await this.read(organizationId, new Set(unmade))) found.set(externalId, id);
    }
    return externalIds.map((externalId, position) => {
      const id = known[position] ?? found.get(externalId);
      if (id === undefined) throw new Error(`the usage stream of ${externalId} vanished between being made and being read`);
      return id;
    });
  }

  private async read(organizationId: string, externalIds: ReadonlySet<string>): Promise<Map<string, string>> {
    const rows = await readStatement<StreamRecord>(this.dataSource, findStreams, [organizationId, [...externalIds]]);
    for (const row of rows) this.remember(organizationId, row.external_subscription_id, row.id);
    return new Map(rows.map((row) => [row.external_subscription_id, row.id]));
  }

  private recall(organizationId: string, externalId: string): string | undefined {
    const id = this.recent.get(organizationId, externalId);
    if (id !== undefined) return id;
    const aged = this.older.get(organizationId, externalId);
    if (aged !== undefined) this.remember(organizationId, externalId, aged);
    return aged;
  }

  private remember(organizationId: string, externalId: string, id: string): void {
    if (this.recent.size >= maxRecent) {
      this.older = this.recent;
      this.recent = new Generation();
    }
    this.recent.set(organizationId, externalId, id);
  }
}

/** Maps in a map, because joining two keys for every event costs more than both look-ups. */
class Generation {
  size = 0;
  private readonly organizations = new Map<string, Map<string, string>>();

  get(organizationId: string, externalId: string): string | undefined {
    return this.organizations.get(organizationId)?.get(externalId);
  }

  set(organizationId: string, externalId: string, id: string): void {
    const streams = this.organizations.get(organizationId);
    if (streams) streams.set(externalId, id);
    else this.organizations.set(organizationId, new Map([[externalId, id]]));
    this.size++;
  }
}
