import type { Query } from '../../../platform/database/sql.ts';
import type { FeeRow } from '../../invoices/index.ts';

const ofCharge = {
  name: 'explain.charged_of_charge',
  text: `select coalesce(sum(f.amount_cents), 0)::text as cents from fees f where f.organization_id = $1 and f.invoice_id = $2
    and f.subscription_id = $3 and f.item_id = $4 and f.fee_type = 'charge' and not f.derivation ? 'true_up'`,
};

/** As the commitment was priced: fees that begin in its span, on this invoice or made before it, on none that was void by then. */
const ofPlan = {
  name: 'explain.charged_of_plan',
  text: `select coalesce(sum(f.amount_cents), 0)::text as cents from fees f
    left join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
    where f.organization_id = $1 and f.subscription_id = $3 and f.period_start >= $4 and f.period_start < $5
      and (f.invoice_id = $2 and f.fee_type not in ('commitment', 'add_on')
        or f.invoice_id is distinct from $2 and f.created_at <= $6 and (i.voided_at is null or i.voided_at > $6))`,
};

/** What the other fees say that was charged towards a minimum; null where the fee fills up none. */
export async function recountTrueUp(query: Query, fee: FeeRow): Promise<{ charged_cents: string } | null> {
  const { organizationId, invoiceId, subscriptionId, itemId, periodStart, periodEnd, createdAt, derivation } = fee;
  if (!derivation.true_up || !invoiceId || !subscriptionId) return null;
  const own = [organizationId, invoiceId, subscriptionId];
  const [row] =
    fee.feeType === 'charge'
      ? await query<{ cents: string }>(ofCharge, [...own, itemId])
      : await query<{ cents: string }>(ofPlan, [...own, periodStart, periodEnd, createdAt]);
  return { charged_cents: row?.cents ?? '0' };
}
