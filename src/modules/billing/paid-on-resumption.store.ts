import type { Query } from '../../platform/database/sql.ts';

const selectPaid = {
  name: 'billing.paid_on_resumption',
  text: `select r.subscription_id, b.item_id from unnest($2::uuid[], $3::timestamptz[]) as r (subscription_id, resumed_at)
    join billed_periods b on b.organization_id = $1 and b.subscription_id = r.subscription_id and b.period @> r.resumed_at
      and b.given_back_from is null and not b.voided and b.invoice_id <> all($4::uuid[])`,
};

export interface Resumption {
  readonly subscriptionId: string;
  readonly at: Date;
}

/**
 * What was paid before a pause, beyond its end, and not given back, as `subscription item`: days do not count there, so it is not paid
 * again. Invoices that are made again are left out.
 */
export async function paidOnResumption(
  query: Query,
  organizationId: string,
  resumptions: readonly Resumption[],
  redrafted: readonly string[],
): Promise<ReadonlySet<string>> {
  if (resumptions.length === 0) return new Set();
  const rows = await query<{ subscription_id: string; item_id: string }>(selectPaid, [
    organizationId,
    resumptions.map(({ subscriptionId }) => subscriptionId),
    resumptions.map(({ at }) => at),
    redrafted,
  ]);
  return new Set(rows.map((row) => `${row.subscription_id} ${row.item_id}`));
}
