import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { migrate } from '../../src/platform/database/migrate.ts';

/** One throw-away cluster for the whole run; `template` holds the migrated schema that each test file clones. */
export default async function globalSetup(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'florin-test-'));
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'pg'), database: 'template', ephemeral: true });
  await migrate(server.url);
  process.env['FLORIN_TEST_DATABASE_URL'] = server.url;
  Object.assign(globalThis, { florinTestServer: server, florinTestDir: dir });
}
