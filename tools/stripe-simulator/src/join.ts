import { setTimeout as pause } from 'node:timers/promises';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';

const lookEveryMs = 2_000;

/** A simulator that this process has, or shares. */
export interface JoinedSimulator extends Pick<Simulator, 'url' | 'stop'> {
  /** When the process that ran it is gone, and its state with it; whoever joins again then starts an empty one. Never, if it is our own. */
  readonly ended: Promise<void>;
}

/**
 * The simulator on this port: the one another process of the same machine already runs, or one of our own. Several processes of
 * an application share one Stripe this way; who started it ends it.
 */
export async function joinSimulator(options: SimulatorOptions & { readonly port: number }): Promise<JoinedSimulator> {
  const url = `http://${options.host ?? '127.0.0.1'}:${options.port}`;
  try {
    return { ...(await startSimulator(options)), ended: new Promise(() => undefined) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (!(await isSimulator(url)))
      throw new Error(`port ${options.port} is taken by something that is not the Stripe simulator`, { cause: error });
    const left = new AbortController();
    return {
      url,
      ended: watch(url, left.signal),
      stop: () => Promise.resolve(left.abort()),
    };
  }
}

async function isSimulator(url: string): Promise<boolean> {
  const answer: unknown = await fetch(`${url}/_sim/faults`, { signal: AbortSignal.timeout(2_000) })
    .then((response) => response.json())
    .catch(() => undefined);
  return typeof answer === 'object' && answer !== null && 'faults' in answer;
}

/** Ends when nobody answers twice in a row; never, once we have left. */
async function watch(url: string, signal: AbortSignal): Promise<void> {
  for (let silent = 0; silent < 2 && !signal.aborted; silent = (await isSimulator(url)) ? 0 : silent + 1)
    await pause(lookEveryMs, undefined, { ref: false, signal }).catch(() => undefined);
  if (signal.aborted) await new Promise(() => undefined);
}
