import type { AttentionJob } from '../../platform/attention/needs-attention.store.ts';

/** The job that takes subscriptions further when their time has come. */
export const waking: AttentionJob = {
  name: 'subscription_waking',
  objectType: 'subscription',
  told: 'subscription.change_failed',
};
