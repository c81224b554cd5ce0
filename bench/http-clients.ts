import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

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
function requestOf({ key }: Load, { method, path, body = '', headers }: Call): Buffer {
  const fields = {
    host: 'florin',
    'content-length': String(Buffer.byteLength(body)),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`);
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One request and its whole answer, which has a content-length. Less than a client library does, on purpose: the clients share two cores
 * with what they measure, and should cost what a load generator costs.
 */
const send = (socket: Socket, call: Call, request: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    let start: Buffer = Buffer.alloc(0);
    /** Bytes of the body that are still to come; unknown before the whole head is there. */
    let missing: number | undefined;
    const read = (data: Buffer): void => {
      if (missing === undefined) {
        start = Buffer.concat([start, data]);
        const end = start.indexOf(endOfHead);
        if (end === -1) return;
        const text = start.toString('latin1', 0, end);
        const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
        const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
        if (status !== '200' || length === undefined) return settle(new Error(`${call.method} ${call.path} answered ${text}`));
        missing = Number(length) - (start.length - end - endOfHead.length);
      } else missing -= data.length;
      if (missing === 0) settle();
    };
    const lost = (): void => settle(new Error(`${call.method} ${call.path} was not answered`));
    function settle(error?: Error): void {
      socket.off('data', read).off('close', lost);
      if (error) reject(error);
      else resolve();
    }
    socket.on('data', read).on('close', lost);
    socket.write(request);
  });

async function work(load: Load): Promise<number> {
  const requests = load.calls.map((call) => ({ call, bytes: requestOf(load, call) }));
  const sockets = await Promise.all(Array.from({ length: clients }, (_, n) => open(load.urls[n % load.urls.length] ?? '')));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      for (let request = requests[next++]; request; request = requests[next++]) await send(socket, request.call, request.bytes);
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  for (const socket of sockets) socket.destroy();
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
