import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { log } from '../logging/log.ts';

const lookEveryMs = 1_000;
/** A connection that waits for an answer and has read nothing for so long is asked about. */
const silentForMs = 3_000;
const askWithinMs = 2_000;

/** What pg's client has and its types do not say. */
type Client = pg.PoolClient & {
  readonly processID: number | null;
  readonly readyForQuery: boolean;
  readonly connection: {
    readonly stream: { readonly bytesRead: number; readonly bytesWritten: number; destroy(error: Error): void };
  };
};

interface Seen {
  readonly traffic: number;
  readonly since: number;
}

/** Which of these sessions PostgreSQL is working for, or holds in a transaction that somebody else holds up. */
const busy = `select pid from pg_stat_activity where pid = any($1) and state in ('active', 'fastpath function call')`;
/** The others got nothing from us that we did not hear the answer of: what they hold is let go. */
const end = 'select pg_terminate_backend(pid) from pg_stat_activity where pid = any($1) and usename = current_user';

/**
 * Finds connections that died without a word: something between us and PostgreSQL swallowed them, TCP does not know it, and each would
 * hold its request, and a place in the pool, until its time-out. A query that hears nothing for three seconds is asked about over a
 * connection of its own; if PostgreSQL does not work on it, the connection is dropped, its query fails as an outage, and its session's
 * locks are let go. While no new connection can be made either, nobody can be asked, and the query's own time-out decides.
 */
@Injectable()
export class ConnectionWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly clients = new Map<Client, Seen>();
  private timer: NodeJS.Timeout | undefined;
  private isAsking = false;

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    const { master } = this.dataSource.driver as unknown as { master: pg.Pool };
    master.on('acquire', (client) => void this.clients.set(client as Client, seen(client as Client)));
    master.on('remove', (client) => void this.clients.delete(client as Client));
    this.timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.isAsking) return;
    const silent = this.silent();
    if (silent.length === 0) return;
    this.isAsking = true;
    try {
      await this.dropDead(silent);
    } catch (error) {
      log.warn('nobody can say whether connections to the database are alive', { reason: String(error) });
    } finally {
      this.isAsking = false;
    }
  }

  private silent(): Client[] {
    const now = performance.now();
    return [...this.clients].flatMap(([client, before]) => {
      const current = seen(client);
      if (client.readyForQuery || current.traffic !== before.traffic) this.clients.set(client, current);
      else if (now - before.since > silentForMs) return [client];
      return [];
    });
  }

  private async dropDead(silent: readonly Client[]): Promise<void> {
    const { url } = this.dataSource.options as PostgresDataSourceOptions;
    const asked = new pg.Client({
      ...(url === undefined ? {} : { connectionString: url }),
      connectionTimeoutMillis: askWithinMs,
      query_timeout: askWithinMs,
      application_name: 'florin watch',
    });
    asked.on('error', () => undefined);
    try {
      await asked.connect();
      // Something between us that deals connections out has sessions of its own: then nothing can be known.
      const { rows: own } = await asked.query<{ pid: number }>('select pg_backend_pid() as pid');
      if (own[0]?.pid !== (asked as unknown as Client).processID) return;
      const { rows } = await asked.query<{ pid: number }>(busy, [silent.map(({ processID }) => processID)]);
      const alive = new Set(rows.map(({ pid }) => pid));
      const dead = silent.filter((client) => !alive.has(client.processID ?? 0) && this.isStillSilent(client));
      if (dead.length === 0) return;
      log.error('connections to the database died without a word and are dropped', undefined, { count: dead.length });
      for (const { connection } of dead) connection.stream.destroy(new Error('Connection terminated: nobody works on its query'));
      await asked.query(end, [dead.map(({ processID }) => processID)]);
    } finally {
      await asked.end().catch(() => undefined);
    }
  }

  private isStillSilent(client: Client): boolean {
    return !client.readyForQuery && this.clients.get(client)?.traffic === seen(client).traffic;
  }
}

const seen = ({ connection: { stream } }: Client): Seen => ({
  traffic: stream.bytesRead + stream.bytesWritten,
  since: performance.now(),
});
