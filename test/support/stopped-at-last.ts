/** What a test opened and did not stop, because it failed before: it would keep jest waiting for ever. */
const open = new Set<{ stop(): Promise<void> }>();

/** Stopped by its test, else after the last test of the file (test/support/stop-all.ts). */
export function stoppedAtLast<T extends { stop(): Promise<void> }>(thing: T): T {
  const stop = thing.stop.bind(thing);
  const kept = {
    ...thing,
    stop: async () => {
      open.delete(kept);
      await stop();
    },
  };
  open.add(kept);
  return kept;
}

/** The last opened first: a Florin before the database or the Stripe that it stands on. */
export async function stopAll(): Promise<void> {
  for (const thing of [...open].toReversed()) await thing.stop();
}
