import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logInto, openProduct } from './product.ts';

/** Florin in a process of its own, beside the one of the bench: a server uses one processor, and operators run one for each. */
export interface Replica {
  readonly url: string;
  close(): Promise<void>;
}

const thisFile = fileURLToPath(import.meta.url);

export async function openReplica(databaseUrl: string, directory: string): Promise<Replica> {
  const own = join(directory, 'replica');
  mkdirSync(own, { recursive: true });
  const child = fork(thisFile, [databaseUrl, own]);
  const [url] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  if (typeof url !== 'string') throw new Error('the second server did not start');
  return {
    url,
    close: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

const [, started, databaseUrl, directory] = process.argv;
if (started === thisFile && process.send && databaseUrl && directory) {
  logInto(directory);
  const product = await openProduct(databaseUrl, directory);
  // Also when the bench ends without a word.
  process.once('disconnect', () => void product.close().finally(() => process.exit(0)));
  process.send(product.url);
}
