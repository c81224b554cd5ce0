import type { FeeLine } from '../../domain/invoicing/fee.ts';
import type { Query } from '../../platform/database/sql.ts';

const selectBilledBefore = {
  name: 'billing.billed_before',
  text: `select r.subscription_id, coalesce(sum(f.amount_cents), 0)::text as cents
    from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as r (subscription_id, starts_at, ends_at)
    join fees f on f.organization_id = $1 and f.subscription_id = r.subscription_id and f.period_start >= r.starts_at and f.period_start < r.ends_at
    where not exists (select from invoices i where i.organization_id = f.organization_id and i.id = f.invoice_id
      and (i.status = 'VOID' or i.id = any($5::uuid[])))
    group by r.subscription_id`,
};

export interface BilledSpan {
  readonly subscriptionId: string;
  readonly from: Date;
  readonly to: Date;
}

/** Minor units that fees of these spans came to already, on none or on invoices other than `redrafted`, by subscription. */
export async function billedBefore(
  query: Query,
  organizationId: string,
  spans: readonly BilledSpan[],
  redrafted: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (spans.length === 0) return new Map();
  const rows = await query<{ subscription_id: string; cents: string }>(selectBilledBefore, [
    organizationId,
    spans.map((span) => span.subscriptionId),
    spans.map((span) => span.from),
    spans.map((span) => span.to),
    redrafted,
  ]);
  return new Map(rows.map((row) => [row.subscription_id, BigInt(row.cents)]));
}

/** The same of fees that are only imagined. */
export function imaginedWithin(spans: readonly BilledSpan[], fees: readonly FeeLine[]): ReadonlyMap<string, bigint> {
  const within = ({ subscriptionId, from, to }: BilledSpan): readonly FeeLine[] =>
    fees.filter((fee) => {
      const start = fee.from.epochMilliseconds;
      return fee.subscriptionId === subscriptionId && start >= from.getTime() && start < to.getTime();
    });
  return new Map(spans.map((span) => [span.subscriptionId, within(span).reduce((sum, fee) => sum + fee.amountCents, 0n)]));
}
