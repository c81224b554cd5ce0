import type { ItemSpan } from '../../domain/lifecycles/billing-step.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';

const selectPaid = {
  name: 'billing.paid_in_period',
  text: `select r.subscription_id, b.item_id, r.billed_from from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[])
      as r (subscription_id, period_from, billed_from)
    join billed_periods b on b.organization_id = $1 and b.subscription_id = r.subscription_id
      and b.period && tstzrange(r.period_from, r.billed_from, '[]') and lower(b.period) < r.billed_from
      and b.given_back_from is null and not b.voided and b.invoice_id <> all($5::uuid[])`,
};

/** What is billed of a period after a pause in it. */
export interface Resumption {
  readonly subscriptionId: string;
  readonly span: ItemSpan;
}

interface PaidRecord {
  readonly subscription_id: string;
  readonly item_id: string;
  readonly billed_from: Date;
}

/** An item in what a resumption bills, as a key. */
export const paidKey = (subscriptionId: string, itemId: string, billedFrom: Date): string =>
  `${subscriptionId} ${itemId} ${billedFrom.getTime()}`;

/**
 * What was paid of the same periods before the pause, in arrears for the days until then or in advance beyond it, and not given back: where
 * days do not count it is not paid again. Invoices that are made again are left out.
 */
export async function paidInPeriod(
  query: Query,
  organizationId: string,
  resumptions: readonly Resumption[],
  redrafted: readonly string[],
): Promise<ReadonlySet<string>> {
  if (resumptions.length === 0) return new Set();
  const rows = await query<PaidRecord>(selectPaid, [
    organizationId,
    resumptions.map(({ subscriptionId }) => subscriptionId),
    resumptions.map(({ span }) => dateOf(span.period.start)),
    resumptions.map(({ span }) => dateOf(span.billed.start)),
    redrafted,
  ]);
  return new Set(rows.map((row) => paidKey(row.subscription_id, row.item_id, row.billed_from)));
}
