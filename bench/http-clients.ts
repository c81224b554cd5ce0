import { Agent, request } from 'node:http';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

interface Load {
  readonly url: string;
  readonly key: string;
  readonly calls: readonly Call[];
}

type Outcome = { readonly seconds: number } | { readonly failure: string };

/** Keep-alive clients on a thread of their own, so that they do not stand in the server's way. */
export interface HttpClients {
  /** Seconds that all calls took, shared by the clients. @throws when one is answered with anything but 200 */
  run(load: Load): Promise<number>;
  close(): Promise<void>;
}

const clients = 8;

export function openClients(): HttpClients {
  const worker = new Worker(new URL(import.meta.url));
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.once('message', (outcome: Outcome) => {
          worker.off('error', reject);
          if ('seconds' in outcome) resolve(outcome.seconds);
          else reject(new Error(outcome.failure));
        });
        worker.postMessage(load);
      }),
    close: async () => void (await worker.terminate()),
  };
}

/** A call whose body is bytes already: turning text into bytes is no client's work here. */
type Prepared = Pick<Call, 'method' | 'path'> & { readonly body: Buffer | undefined };

function send(agent: Agent, { url, key }: Load, { method, path, body }: Prepared): Promise<void> {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method, agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${method} ${path} answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    });
    outgoing.once('error', reject).end(body);
  });
}

async function work(agent: Agent, load: Load): Promise<number> {
  const calls = load.calls.map(({ body, ...call }): Prepared => ({
    ...call,
    body: body === undefined ? body : Buffer.from(body),
  }));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let call = calls[next++]; call; call = calls[next++]) await send(agent, load, call);
    }),
  );
  return (performance.now() - started) / 1_000;
}

if (!isMainThread) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  parentPort?.on('message', (load: Load) => {
    work(agent, load).then(
      (seconds) => parentPort?.postMessage({ seconds } satisfies Outcome),
      (error: unknown) => parentPort?.postMessage({ failure: String(error) } satisfies Outcome),
    );
  });
}
