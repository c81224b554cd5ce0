export type ProvisioningStatus = 'REQUESTED' | 'ACCEPTED' | 'SUCCEEDED' | 'FAILED';

/**
 * One attempt to make what a subscription sells. REQUESTED: whoever makes it is asked until they take it on; ACCEPTED: their word is
 * awaited until the deadline.
 */
export const provisioningTransitions: Readonly<Record<ProvisioningStatus, readonly ProvisioningStatus[]>> = {
  REQUESTED: ['ACCEPTED', 'SUCCEEDED', 'FAILED'],
  ACCEPTED: ['SUCCEEDED', 'FAILED'],
  SUCCEEDED: [],
  FAILED: [],
};

export interface ProvisioningState {
  readonly status: ProvisioningStatus;
  /** What the resource is called, once it is made. */
  readonly resourceId: string | null;
}

/** What whoever makes the resource says of it at the end. */
export type ProvisioningWord = { readonly made: true; readonly resourceId: string } | { readonly made: false };

/** A word may come several times; the first one stands, and one that contradicts it is refused. */
export function hearWord(state: ProvisioningState, word: ProvisioningWord): 'news' | 'known' | 'contradiction' {
  if (provisioningTransitions[state.status].length > 0) return 'news';
  const same = word.made ? state.status === 'SUCCEEDED' && state.resourceId === word.resourceId : state.status === 'FAILED';
  return same ? 'known' : 'contradiction';
}

/** Answers that are not about the request itself: asked again later, they may be better. */
const passing: readonly number[] = [408, 409, 425, 429];

/** What the status of an answer to the request means. */
export function readAnswer(status: number): 'accepted' | 'refused' | 'again' {
  if (status >= 200 && status < 300) return 'accepted';
  return status >= 400 && status < 500 && !passing.includes(status) ? 'refused' : 'again';
}

const longestPauseSeconds = 60;

/** Seconds until it is asked again, after the first, second … try in vain: 2, 4, 8 … 60. */
export const pauseSecondsAfter = (tries: number): number => Math.min(longestPauseSeconds, 2 ** Math.min(tries, 6));
