import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import { type InvoicePart, priceTogether } from '../../../domain/invoicing/price-items.ts';
import { standingLine } from '../../../domain/invoicing/standing-line.ts';
import type { Query } from '../../../platform/database/sql.ts';
import type { InvoiceRow } from '../../invoices/index.ts';
import { loadPriceFacts, type PriceFacts, readCharges } from '../price-facts.store.ts';
import { itemsOf, loadUsage } from '../price-subscriptions.ts';
import { lineSettingsOf, readNamedForPricing } from '../subscription-to-price.ts';
import type { Drafted } from './drafted.store.ts';
import { type DraftedSubscription, type StandingTerms, standingTerms } from './standing-terms.ts';

/** What drafts say, by invoice. */
export type Drafts = ReadonlyMap<string, Drafted>;

/** What drafts come to with the usage known now, by invoice. No two of them bill the same subscription. */
export async function countAgain(
  query: Query,
  organizationId: string,
  wave: readonly InvoiceRow[],
  drafts: Drafts,
): Promise<ReadonlyMap<string, PricedInvoice>> {
  const terms = await termsOf(query, organizationId, wave, drafts);
  const standing = new Map([...terms.values()].flat().map((entry) => [entry.step.subscription.id, entry]));
  const facts: PriceFacts = {
    pricesOf: ({ id }) => standing.get(id)?.prices ?? { fixedCharges: [], charges: [], commitment: null },
    nearestTaxes: () => [],
  };
  const steps = [...standing.values()].map(({ step }) => step);
  const usage = await loadUsage({ query, redrafted: wave.map(({ id }) => id) }, organizationId, steps, facts);
  return new Map(
    wave.map((row) => {
      const parts = (terms.get(row.id) ?? []).map(({ step, taxes }) => ({
        ...lineSettingsOf(step.subscription),
        subscriptionId: step.subscription.id,
        items: itemsOf(step, taxes, facts, usage),
      }));
      return [row.id, priceTogether(withStanding(row, parts, drafts.get(row.id)))];
    }),
  );
}

/** On which terms each draft counts each of its subscriptions. */
async function termsOf(
  query: Query,
  organizationId: string,
  wave: readonly InvoiceRow[],
  drafts: Drafts,
): Promise<ReadonlyMap<string, StandingTerms[]>> {
  const drafted = wave.flatMap((invoice) => {
    const draft = drafts.get(invoice.id);
    return draft ? draft.spans.map((span) => ({ invoice, span, drafted: draft })) : [];
  });
  const rows = await readNamedForPricing(
    query,
    organizationId,
    drafted.map(({ span }) => span.subscription_id),
  );
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const subscriptions = drafted.flatMap((entry): DraftedSubscription[] => {
    const row = rowOf.get(entry.span.subscription_id);
    return row ? [{ ...entry, row }] : [];
  });
  const facts = await loadPriceFacts(
    query,
    organizationId,
    subscriptions.map(({ row, invoice }) => ({ ...row, entity_id: invoice.billingEntityId })),
  );
  const known = new Map(rows.flatMap((row) => facts.pricesOf(row).charges.map((charge) => [charge.id, charge] as const)));
  const charged = drafted.flatMap((entry) => entry.drafted.fees.filter((fee) => fee.fee_type === 'charge'));
  const unknown = new Set(charged.flatMap(({ item_id: id }) => (id === null || known.has(id) ? [] : [id])));
  if (unknown.size > 0) for (const charge of await readCharges(query, organizationId, [...unknown])) known.set(charge.id, charge);
  const terms = new Map<string, StandingTerms[]>(wave.map(({ id }) => [id, []]));
  for (const entry of subscriptions) terms.get(entry.invoice.id)?.push(standingTerms(entry, facts, (id) => known.get(id)));
  return terms;
}

/** With the lines that stand on the draft, also of subscriptions whose usage it does not bill. */
function withStanding(row: InvoiceRow, parts: readonly InvoicePart[], draft: Drafted | undefined): InvoicePart[] {
  const fees = draft?.fees ?? [];
  const counted = new Set(parts.map((part) => part.subscriptionId ?? null));
  const others = [...new Set(fees.map((fee) => fee.subscription_id))].filter((id) => !counted.has(id));
  const linesOf = (id: string | null | undefined) =>
    fees
      .filter((fee) => fee.subscription_id === id)
      .map(({ fee_type: type, subscription_id: subscriptionId, item_id: itemId, name, derivation }) =>
        standingLine({ type, subscriptionId, itemId, name, derivation }, draft?.taxesOf(derivation) ?? []),
      );
  const alone = others.map((subscriptionId) => ({ currency: row.currency, timezone: row.timezone, subscriptionId, items: [] }));
  return [...parts, ...alone].map((part) => ({ ...part, drafted: linesOf(part.subscriptionId) }));
}
