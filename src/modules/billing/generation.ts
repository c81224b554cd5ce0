import type { AttentionJob } from '../../platform/attention/needs-attention.store.ts';

/** The job that bills what is due. */
export const generation: AttentionJob = {
  name: 'invoice_generation',
  objectType: 'subscription',
  told: 'subscription.billing_failed',
};
