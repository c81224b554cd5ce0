import { AsyncLocalStorage } from 'node:async_hooks';

/** Who makes a change; `system` is Florin itself, by its schedule. */
export interface Actor {
  readonly type: 'api_key' | 'session' | 'operator' | 'system' | `${string}_webhook`;
  /** The key's id, the session's person, the operator's command; null where there is but one. */
  readonly id: string | null;
  /** Network address the request came from. */
  readonly address: string | null;
}

const system: Actor = { type: 'system', id: null, address: null };
const storage = new AsyncLocalStorage<{ actor: Actor }>();

/** Runs `work`, and all that it starts, in this actor's name. */
export const withActor = <T>(actor: Actor, work: () => T): T => storage.run({ actor }, work);

/** Room for an actor that becomes known on the way, once the key is read. */
export const withUnknownActor = <T>(work: () => T): T => storage.run({ actor: system }, work);

export function actAs(actor: Actor): void {
  const place = storage.getStore();
  if (place) place.actor = actor;
}

export const currentActor = (): Actor => storage.getStore()?.actor ?? system;
