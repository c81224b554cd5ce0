import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire to a database that can be cut. */
export interface Wire {
  /** The database's address, through the wire. */
  readonly url: string;
  /** Every connection is lost, with the next thing that is said on it. */
  cutWhenUsed(): void;
  /** From now on every connection that there is swallows what is said on it, and nobody learns of it; new ones work. */
  swallow(): void;
  /** Of the next so many transactions, the database commits them and nobody hears of it: the connection is lost with the answer. */
  loseCommits(count: number): void;
  /** Every connection is lost, and nobody answers any more. */
  close(): Promise<void>;
}

export async function openWire(databaseUrl: string): Promise<Wire> {
  const { hostname, port } = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let commitsToLose = 0;
  const server = createServer((near) => {
    const pair = [near, connect(Number(port), hostname)] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    near.pipe(pair[1]).pipe(near);
    near.on('data', (chunk: Buffer) => {
      if (commitsToLose === 0 || !chunk.includes('COMMIT\0')) return;
      commitsToLose--;
      pair[1].unpipe(near).once('data', end).resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutWhenUsed() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        near.once('data', () => near.destroy()).resume();
      }
    },
    swallow() {
      for (const [near, far] of pairs) {
        near.unpipe(far).resume();
        far.unpipe(near).resume();
      }
    },
    loseCommits(count) {
      commitsToLose = count;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await closed;
    },
  };
}
