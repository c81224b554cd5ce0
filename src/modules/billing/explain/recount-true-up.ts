import type { Query } from '../../../platform/database/sql.ts';
import type { FeeRow } from '../../invoices/index.ts';

const ofCharge = {
  name: 'explain.charged_of_charge',
  text: `select coalesce(sum(f.amount_cents), 0)::text as cents from fees f where f.organization_id = $1 and f.invoice_id = $2
    and f.subscription_id = $3 and f.item_id = $4 and f.fee_type = 'charge' and not f.derivation ? 'true_up'`,
};

/**
 * As the commitment was priced: fees that begin in its span, on this invoice or made before it, on none that was void by then, less what
 * the end of the span gave back of them.
 */
const ofPlan = {
  name: 'explain.charged_of_plan',
  text: `with given_back as (
      select round(sum(t.precise_amount_cents)) as cents from credit_notes n
      join credit_note_items t on t.organization_id = n.organization_id and t.credit_note_id = n.id
      join fees g on g.organization_id = t.organization_id and g.id = t.fee_id
      where n.organization_id = $1 and n.reason in ('order_change', 'order_cancellation') and n.created_at <= $6
        and g.subscription_id = $3 and g.period_start >= $4 and g.period_start < $5 and g.period_end > $5
      group by n.invoice_id
    )
    select trim_scale(coalesce(sum(f.amount_cents), 0) - (select coalesce(sum(cents), 0) from given_back))::text as cents from fees f
    left join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
    where f.organization_id = $1 and f.subscription_id = $3 and f.period_start >= $4 and f.period_start < $5
      and (f.invoice_id = $2 and f.fee_type not in ('commitment', 'add_on')
        or f.invoice_id is distinct from $2 and f.created_at <= $6 and (i.voided_at is null or i.voided_at > $6))`,
};

/** What the other fees say that was charged towards a minimum; null where the fee fills up none. */
export async function recountTrueUp(query: Query, fee: FeeRow): Promise<{ charged_cents: string } | null> {
  const { organizationId, invoiceId, subscriptionId, itemId, periodStart, periodEnd, derivation } = fee;
  if (!derivation.true_up || !invoiceId || !subscriptionId) return null;
  const own = [organizationId, invoiceId, subscriptionId];
  const [row] =
    fee.feeType === 'charge'
      ? await query<{ cents: string }>(ofCharge, [...own, itemId])
      : await query<{ cents: string }>(ofPlan, [...own, periodStart, periodEnd, fee.recountedAt ?? fee.createdAt]);
  return { charged_cents: row?.cents ?? '0' };
}
