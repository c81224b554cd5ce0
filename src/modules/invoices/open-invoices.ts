import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { takeCredits } from '../credit-notes/index.ts';
import { outline } from './draft-invoices.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { type SellerIdentity, sellerIdentityNow } from './seller-identity.ts';

const open = {
  name: 'invoices.open',
  text: `update invoices i set status = 'OPEN', finalized_at = $6, scheduled_finalize_at = null, updated_at = $2, metadata = i.metadata || r.note,
      credit_notes_amount_cents = r.credits, total_cents = i.total_cents - r.credits, seller = ${sellerIdentityNow}
    from unnest($3::uuid[], $4::int8[], $5::jsonb[]) as r(id, credits, note) where i.organization_id = $1 and i.id = r.id and i.status = 'DRAFT'
    returning i.id, i.seller`,
};

/** Issues locked drafts: each takes the credit its customer has. A handful of statements however many they are. */
export async function openInvoices(
  tx: Tx,
  organizationId: string,
  drafts: readonly InvoiceRow[],
  at: Date,
  { note = {}, finalizedAt = at }: { note?: Readonly<Record<string, unknown>>; finalizedAt?: Date } = {},
): Promise<InvoiceRow[]> {
  if (drafts.length === 0) return [];
  // What Stripe bills, Stripe also credits.
  const own = drafts.filter((row) => row.source !== 'STRIPE');
  const taken = await takeCredits(tx, organizationId, own, at);
  const written = await runStatement<{ id: string; seller: SellerIdentity }>(tx, open, [
    organizationId,
    at,
    drafts.map((row) => row.id),
    drafts.map((row) => taken.get(row.id) ?? 0n),
    drafts.map(() => JSON.stringify(note)),
    finalizedAt,
  ]);
  const sellers = new Map(written.map(({ id, seller }) => [id, seller]));
  const opened = drafts.map((row): InvoiceRow => {
    const credits = taken.get(row.id) ?? 0n;
    return {
      ...row,
      status: 'OPEN',
      finalizedAt,
      scheduledFinalizeAt: null,
      seller: sellers.get(row.id) ?? null,
      creditNotesAmountCents: credits,
      totalCents: row.totalCents - credits,
      metadata: { ...row.metadata, ...note },
      updatedAt: at,
    };
  });
  await tell(
    tx,
    organizationId,
    at,
    opened.map((row) => ({ objectType: 'invoice', objectId: row.id, type: 'invoice.finalized', payload: outline(row) })),
  );
  return opened;
}
