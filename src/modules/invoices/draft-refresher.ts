import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { InvoiceRow } from './invoice.entity.ts';

/** Who can count a draft's usage again; billing can, and this room must not know it. */
export const DRAFT_REFRESHER = Symbol('DraftRefresher');

export interface DraftRefresher {
  /**
   * Locked drafts, with the usage of their periods as it is known now, in their order: events that came after a draft was made and
   * before it is issued stand on it. Everything else of them stays.
   */
  refresh(tx: Tx, organizationId: string, drafts: readonly InvoiceRow[], at: Date): Promise<InvoiceRow[]>;
}
