import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Client, type Dispatcher } from 'undici';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Load {
  /** Of one server, or of several that share the clients. */
  readonly urls: readonly string[];
  /** None where something else opens the door. */
  readonly key?: string;
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

/** Bytes already: turning text into bytes is no client's work here. */
type Prepared = Dispatcher.DispatchOptions;

const prepare = ({ key }: Load, { method, path, body, headers }: Call): Prepared => ({
  method,
  path,
  headers: {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  },
  body: body === undefined ? null : Buffer.from(body),
});

/** What undici calls back, and nothing between: the clients share two cores with what they measure. */
const send = (client: Client, call: Prepared): Promise<void> =>
  new Promise((resolve, reject) => {
    client.dispatch(call, {
      onConnect: () => undefined,
      onHeaders(status) {
        if (status !== 200) reject(new Error(`${call.method} ${call.path} answered ${status}`));
        return true;
      },
      onData: () => true,
      onComplete: () => resolve(),
      onError: reject,
    });
  });

async function work(load: Load): Promise<number> {
  const calls = load.calls.map((call) => prepare(load, call));
  const connections = Array.from({ length: clients }, (_, n) => new Client(load.urls[n % load.urls.length] ?? ''));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    connections.map(async (client) => {
      for (let call = calls[next++]; call; call = calls[next++]) await send(client, call);
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(connections.map((client) => client.close()));
  return seconds;
}

if (!isMainThread) {
  parentPort?.on('message', (load: Load) => {
    work(load).then(
      (seconds) => parentPort?.postMessage({ seconds } satisfies Outcome),
      (error: unknown) => parentPort?.postMessage({ failure: String(error) } satisfies Outcome),
    );
  });
}
