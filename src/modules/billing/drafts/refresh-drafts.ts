import { Injectable } from '@nestjs/common';
import { queryIn } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { type DraftRefresher, type InvoiceRow, redraftInvoices } from '../../invoices/index.ts';
import { countAgain } from './count-again.ts';
import { readDrafted } from './drafted.store.ts';
import { redraftOf } from './redraft-of.ts';

/**
 * Counts the usage of drafts again, by the functions that made them, on the terms that stand on them: seller, prices, taxes, minimums and
 * days. Everything but usage stays, whatever became of plan, taxes or subscription since: a customer may have seen it.
 */
@Injectable()
export class RefreshDrafts implements DraftRefresher {
  async refresh(tx: Tx, organizationId: string, drafts: readonly InvoiceRow[], at: Date): Promise<InvoiceRow[]> {
    const generated = drafts.filter(({ source, status }) => source === 'GENERATED' && status === 'DRAFT');
    if (generated.length === 0) return [...drafts];
    const query = queryIn(tx);
    const ids = generated.map(({ id }) => id);
    const drafted = await readDrafted(query, organizationId, ids);
    const redrafted = new Map<string, InvoiceRow>();
    for (const wave of wavesOf(generated.filter(({ id }) => drafted.has(id)))) {
      const counted = await countAgain(query, organizationId, wave, drafted);
      const redrafts = wave.flatMap((row) => {
        const priced = counted.get(row.id);
        return (priced && redraftOf(row, drafted.get(row.id)?.fees ?? [], priced)) ?? [];
      });
      for (const row of await redraftInvoices(tx, organizationId, redrafts, at)) redrafted.set(row.id, row);
    }
    return drafts.map((row) => redrafted.get(row.id) ?? row);
  }
}

/**
 * Usage is known by its subscription, and one may stand on several drafts, of which a later one counts what an earlier one charged. So
 * drafts of one customer are counted and written one after the other.
 */
function wavesOf(drafts: readonly InvoiceRow[]): InvoiceRow[][] {
  const waves: InvoiceRow[][] = [];
  const seen = new Map<string, number>();
  for (const row of drafts.toSorted((a, b) => (a.periodEnd?.getTime() ?? 0) - (b.periodEnd?.getTime() ?? 0))) {
    const wave = seen.get(row.customerId) ?? 0;
    seen.set(row.customerId, wave + 1);
    (waves[wave] ??= []).push(row);
  }
  return waves;
}
