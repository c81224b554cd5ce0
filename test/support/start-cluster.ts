import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';

/** A process that owns (or joins) the cluster of its argument until it is told to stop; it says what it did on standard output. */
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', ephemeral: true });
const stay = setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => {
  clearInterval(stay);
  void server.stop();
});
// Last, because whoever reads it may send the signal at once.
process.stdout.write(`${JSON.stringify({ url: server.url, attached: server.attached })}\n`);
