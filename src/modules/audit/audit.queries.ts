import type { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { type Page, sliceOf } from '../../platform/http/pagination.ts';

export interface StoredEntry {
  readonly sequence: string;
  readonly id: string;
  readonly organization_id: string;
  readonly type: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly actor_type: string;
  readonly actor_id: string | null;
  readonly actor_address: string | null;
  readonly request_id: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurred_at: Date;
  readonly logged_at: Date;
  readonly hash: Buffer;
}

export interface AuditFilter {
  readonly types?: readonly string[];
  readonly actorTypes?: readonly string[];
  readonly objectTypes?: readonly string[];
  readonly objectIds?: readonly string[];
  readonly externalCustomerId?: string;
  readonly externalSubscriptionId?: string;
  /** The subscription itself and its invoices. */
  readonly subscriptionId?: string;
  /** Calendar days of UTC, both included. */
  readonly fromDate?: string;
  readonly toDate?: string;
}

const columns = `sequence, id, organization_id, type, object_type, object_id, actor_type, actor_id, actor_address, request_id, payload, occurred_at,
  logged_at, hash`;

/** A customer's entries are its own and those whose payload names it; a subscription's likewise. */
const where = `a.organization_id = $1
  and ($2::text[] is null or a.type = any($2) or replace(a.type, '.', '_') = any($2)) and ($3::text[] is null or a.actor_type = any($3))
  and ($4::text[] is null or a.object_type = any($4)) and ($5::uuid[] is null or a.object_id = any($5))
  and ($6::text is null or a.payload->>'external_customer_id' = $6 or (a.object_type = 'customer' and a.payload->>'external_id' = $6)
    or a.payload->>'lago_customer_id' in (select c.id::text from customers c where c.organization_id = $1 and c.external_id = $6))
  and ($7::text is null or a.payload->>'external_subscription_id' = $7 or (a.object_type = 'subscription' and a.payload->>'external_id' = $7))
  and ($10::uuid is null or a.object_id = $10
    or a.object_id in (select i.id from invoices i where i.organization_id = $1 and i.subscription_id = $10))
  and ($8::date is null or a.logged_at >= $8::date) and ($9::date is null or a.logged_at < $9::date + 1)`;

/** Newest first. */
export async function listEntries(
  dataSource: DataSource,
  organizationId: string,
  filter: AuditFilter,
  page: Page,
): Promise<{ entries: StoredEntry[]; count: number }> {
  const values = [
    organizationId,
    filter.types ?? null,
    filter.actorTypes ?? null,
    filter.objectTypes ?? null,
    filter.objectIds ?? null,
    filter.externalCustomerId ?? null,
    filter.externalSubscriptionId ?? null,
    filter.fromDate ?? null,
    filter.toDate ?? null,
    filter.subscriptionId ?? null,
  ];
  const { take, skip } = sliceOf(page);
  const [total]: { count: number }[] = await dataSource.query(
    `select count(*)::int as count from audit_entries a where ${where}`,
    values,
  );
  const entries: StoredEntry[] = await dataSource.query(
    `select ${columns} from audit_entries a where ${where} order by a.sequence desc limit $11 offset $12`,
    [...values, take, skip],
  );
  return { entries, count: total?.count ?? 0 };
}

/** @throws BillingError activity_log_not_found */
export async function findEntry(dataSource: DataSource, organizationId: string, id: string): Promise<StoredEntry> {
  const [entry]: StoredEntry[] = isId(id)
    ? await dataSource.query(`select ${columns} from audit_entries where organization_id = $1 and id = $2`, [organizationId, id])
    : [];
  if (!entry) throw new BillingError('activity_log_not_found');
  return entry;
}

/** @throws BillingError subscription_not_found */
export async function organizationOfSubscription(dataSource: DataSource, id: string): Promise<string> {
  const [row]: { organization_id: string }[] = isId(id)
    ? await dataSource.query('select organization_id from subscriptions where id = $1', [id])
    : [];
  if (!row) throw new BillingError('subscription_not_found');
  return row.organization_id;
}
