import { ExplainInvoice } from '../../src/modules/billing/explain/explain-invoice.ts';
import type { Florin, Tenant } from './florin.ts';

/** `florin explain --verify` of every invoice of the tenant must find nothing. */
export async function expectProved(florin: Florin, { call }: Pick<Tenant, 'call'>): Promise<void> {
  const explain = florin.app.get(ExplainInvoice);
  for (const { lago_id: id } of (await call('GET', '/api/v1/invoices?per_page=1000')).body.invoices) {
    const { differences } = await explain.verify(await explain.execute(id));
    expect(differences).toEqual([]);
  }
}
