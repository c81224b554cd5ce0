import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { AppModule } from '../../src/app.module.ts';
import { readConfig } from '../../src/platform/config/config.ts';
import { createApp } from '../../src/platform/http/create-app.ts';
import { setLogLevel } from '../../src/platform/logging/log.ts';
import { stoppedAtLast } from './stopped-at-last.ts';
import { createTestDatabase } from './test-database.ts';

export const operatorKey = 'operator-key-for-tests';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The parsed body; tests reach into it freely. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Calls Florin over HTTP with one key. A string body is sent as it is, anything else as JSON. */
export type Caller = (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

export interface Florin {
  readonly app: NestFastifyApplication;
  /** Listening address, for clients of their own. */
  readonly url: string;
  readonly databaseUrl: string;
  /** Where the workers write their lines. */
  readonly logDir: string;
  /** Straight SQL on this Florin's database. */
  readonly sql: pg.Pool;
  as(key: string): Caller;
  readonly operator: Caller;
  /** A new tenant; `test` ones live on a virtual clock. */
  openOrganization(mode?: 'live' | 'test', name?: string): Promise<Tenant>;
  stop(): Promise<void>;
}

export interface Tenant {
  readonly id: string;
  readonly key: string;
  readonly call: Caller;
}

/** A whole Florin on a database of its own, or beside another one on its database, listening on a free port. */
export async function startFlorin(environment: Record<string, string> = {}, joined?: string): Promise<Florin> {
  setLogLevel('error');
  const database = joined === undefined ? await createTestDatabase() : { url: joined, drop: () => Promise.resolve() };
  const logDir = mkdtempSync(join(tmpdir(), 'florin-logs-'));
  const config = readConfig({
    FLORIN_ADMIN_API_KEY: operatorKey,
    FLORIN_LOG_DIR: logDir,
    LOG_LEVEL: 'error',
    STRIPE_SIMULATOR_SERVES: 'all',
    ...environment,
  });
  const app = await createApp(AppModule.register(config, database.url, { runsJobs: false }));
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const sql = new pg.Pool({ connectionString: database.url, max: 4 });
  const as =
    (key: string): Caller =>
    async (method, path, body, headers = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: Object.fromEntries(response.headers), body: isJson ? JSON.parse(text) : text };
    };
  const operator = as(operatorKey);
  return stoppedAtLast({
    app,
    url,
    databaseUrl: database.url,
    logDir,
    sql,
    as,
    operator,
    async openOrganization(mode = 'live', name = 'Acme') {
      const answer = await operator('POST', '/admin/v1/organizations', { organization: { name, mode } });
      if (answer.status !== 200) throw new Error(`no organization: ${JSON.stringify(answer.body)}`);
      const { id, api_key: apiKey } = answer.body.organization;
      return { id, key: apiKey.key, call: as(apiKey.key) };
    },
    async stop() {
      await sql.end();
      await app.close();
      await database.drop();
      rmSync(logDir, { recursive: true, force: true });
    },
  });
}
