import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';

/**
 * The simulator on this port: the one another process of the same machine already runs, or one of our own. Several processes of
 * an application share one Stripe this way; who started it ends it.
 */
export async function joinSimulator(
  options: SimulatorOptions & { readonly port: number },
): Promise<Pick<Simulator, 'url' | 'stop'>> {
  const url = `http://${options.host ?? '127.0.0.1'}:${options.port}`;
  try {
    return await startSimulator(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const answer: unknown = await fetch(`${url}/_sim/faults`, { signal: AbortSignal.timeout(2_000) })
      .then((response) => response.json())
      .catch(() => undefined);
    if (typeof answer !== 'object' || answer === null || !('faults' in answer))
      throw new Error(`port ${options.port} is taken by something that is not the Stripe simulator`, { cause: error });
    return { url, stop: () => Promise.resolve() };
  }
}
