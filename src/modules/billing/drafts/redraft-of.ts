import { isDeepStrictEqual } from 'node:util';
import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import type { FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import type { FeeLine } from '../../../domain/invoicing/fee.ts';
import { followsUsage } from '../../../domain/invoicing/standing-line.ts';
import type { InvoiceRow, Redraft } from '../../invoices/index.ts';
import type { DraftedFee } from './drafted.store.ts';

/** What of a draft's usage is otherwise than it says; null where nothing is. Each fee stays the fee it is. */
export function redraftOf(row: InvoiceRow, fees: readonly DraftedFee[], priced: PricedInvoice): Redraft | null {
  const before = new Map(
    fees
      .filter((fee) => followsUsage(fee.fee_type, fee.derivation.true_up !== undefined))
      .map((fee) => [keyOf(fee.subscription_id, fee.item_id, fee.derivation), fee]),
  );
  const changed: { id: string; fee: FeeLine }[] = [];
  const added: FeeLine[] = [];
  for (const fee of priced.fees.filter(({ type, trueUp }) => followsUsage(type, trueUp))) {
    // Through JSON, as the stored one has gone.
    const derivation = JSON.parse(JSON.stringify(fee.derivation)) as FeeDerivation;
    const key = keyOf(fee.subscriptionId, fee.itemId, derivation);
    const found = before.get(key);
    before.delete(key);
    if (!found) added.push(fee);
    else if (!isDeepStrictEqual(derivation, found.derivation)) changed.push({ id: found.id, fee });
  }
  const gone = [...before.values()].map(({ id }) => id);
  return changed.length + added.length + gone.length === 0 ? null : { row, priced, changed, added, gone };
}

/** Of a draft no two fees of usage agree in it. */
function keyOf(subscriptionId: string | null, itemId: string | null, derivation: FeeDerivation): string {
  const { filter_id: filter = null, grouped_by: group = {}, billed, true_up: trueUp } = derivation;
  const groups = Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([subscriptionId, itemId, filter, groups, billed.start, billed.end, trueUp !== undefined]);
}
