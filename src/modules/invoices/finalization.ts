import type { AttentionJob } from '../../platform/attention/needs-attention.store.ts';

/** The job that issues drafts when their hour has come. */
export const finalization: AttentionJob = {
  name: 'invoice_finalization',
  objectType: 'invoice',
  told: 'invoice.finalization_failed',
};
