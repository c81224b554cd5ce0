import { rmSync } from 'node:fs';
import type { EmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';

export default async function globalTeardown(): Promise<void> {
  const { florinTestServer, florinTestDir } = globalThis as unknown as {
    florinTestServer: EmbeddedPostgres;
    florinTestDir: string;
  };
  await florinTestServer.stop();
  rmSync(florinTestDir, { recursive: true, force: true });
}
