import { invalid } from '../../domain/errors/billing-error.ts';
import {
  documentNumberingOf,
  documentNumberPattern,
  type Numbering,
  numberSeriesOf,
} from '../../domain/invoicing/document-number.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';

/**
 * Questions to the database, not to a room: invoices stand to the right, where this room cannot import.
 * A counter that never restarts goes on from what the entity (or the customer with it) was issued so far, as Lago's does: nine
 * invoices, then 010. One that could give a number again that another series gave begins behind it.
 */
const beginSeries = {
  name: 'number_series.begin',
  text: `insert into number_series (organization_id, billing_entity_id, series, first_number, last_number)
    select $1, $2, h.series, h.issued + 1, h.issued from (
      select replace($3, '#', c.sequential_id::text) as series,
        greatest(case when $4 then count(*) else 0 end, max(i.sequential_id) filter (where i.invoice_number ~ replace($5, '#', c.sequential_id::text))) as issued
      from invoices i join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
      where i.organization_id = $1 and i.billing_entity_id = $2 and i.source <> 'STRIPE' and i.series is not null group by 1) as h
    where h.issued > 0 on conflict do nothing`,
};

const repeated = {
  name: 'number_series.repeated',
  text: `select i.invoice_number from invoices i join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
    left join number_series n on n.organization_id = i.organization_id and n.billing_entity_id = i.billing_entity_id
      and n.series = replace($3, '#', c.sequential_id::text)
    where i.organization_id = $1 and i.billing_entity_id = $2 and i.source <> 'STRIPE' and i.series <> replace($3, '#', c.sequential_id::text)
      and i.invoice_number ~ replace($4, '#', c.sequential_id::text) and i.sequential_id > coalesce(n.last_number, 0) limit 1`,
};

const prefixInUse = {
  name: 'number_series.prefix_in_use',
  text: `select 1 from invoices where organization_id = $1 and billing_entity_id <> $2 and source <> 'STRIPE'
    and starts_with(invoice_number, $3) and substr(invoice_number, length($3) + 1, 1) !~ '[A-Z0-9]' limit 1`,
};

/** Readies the counters for another way to number. @throws BillingError validation_errors when numbers of old would come again */
export async function continueSeries(
  tx: Tx,
  organizationId: string,
  billingEntityId: string,
  numbering: Numbering,
  today: { readonly year: number; readonly month: number },
): Promise<void> {
  const [used] = await runStatement(tx, prefixInUse, [organizationId, billingEntityId, numbering.prefix]);
  if (used) throw invalid({ document_number_prefix: ['value_already_exist'] });
  // Zero is nobody's number: it stands for each customer's own.
  const series = numberSeriesOf(numbering, { date: today, customerNumber: 0n });
  const placeholder =
    documentNumberingOf(numbering.template) === 'per_customer' ? series.replace('customer 0', 'customer #') : series;
  const pattern = documentNumberPattern(numbering, today);
  await runStatement(tx, beginSeries, [organizationId, billingEntityId, placeholder, numbering.restart === 'never', pattern]);
  const [again] = await runStatement(tx, repeated, [organizationId, billingEntityId, placeholder, pattern]);
  if (again) throw invalid({ document_number_template: ['numbers_would_repeat'] });
}
