import type { EntityManager } from 'typeorm';
import { dateOf, isoOf } from '../../../platform/clock/clock.ts';
import type { Page } from '../../../platform/http/pagination.ts';
import { sliceOf } from '../../../platform/http/pagination.ts';
import { type Query, queryIn } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import type { Run } from '../billing-runs.store.ts';
import type { PlannedContent } from './planned-content.ts';

/** What the list shows of a fee. */
export interface PlannedFee {
  readonly type: string;
  readonly name: string;
  readonly units: string;
  readonly amount_cents: string;
  readonly taxes_amount_cents: string;
}

export interface PlannedBoundary {
  readonly subscription_id: string;
  readonly invoicing_reason: string;
  readonly period_start: string;
  readonly period_end: string;
}

interface Outline {
  readonly billing_entity_id: string;
  readonly boundaries: readonly PlannedBoundary[];
  readonly fees: readonly PlannedFee[];
}

const insertPlanned = {
  name: 'planned_invoices.insert',
  text: `with noted as (
      update billing_runs set planned = planned + (select count(*) from unnest($6::boolean[]) as r(is_invoiced) where r.is_invoiced),
        found = found + $13, heartbeat_at = $14 where organization_id = $1 and id = $2)
    insert into planned_invoices (organization_id, billing_run_id, position, customer_id, subscription_ids, is_invoiced, currency,
      fees_amount_cents, taxes_amount_cents, total_cents, previous_total_cents, content, digest)
    select $1, $2, r.position, r.customer_id, array(select jsonb_array_elements_text(r.subscription_ids))::uuid[], r.is_invoiced, r.currency, r.fees, r.taxes,
      r.fees + r.taxes, r.previous, r.content, r.digest
    from unnest($3::int4[], $4::uuid[], $5::jsonb[], $6::boolean[], $7::text[], $8::int8[], $9::int8[], $10::int8[], $11::jsonb[], $12::text[])
      as r (position, customer_id, subscription_ids, is_invoiced, currency, fees, taxes, previous, content, digest)`,
};

export interface InvoiceToPlan extends PlannedContent {
  readonly position: number;
  /** What the invoice of the period before came to, before credit. */
  readonly previousTotalCents: bigint | null;
}

/** A batch of planned invoices, and the run's progress. */
export async function insertPlannedInvoices(query: Query, run: Run, planned: readonly InvoiceToPlan[], at: Date): Promise<void> {
  const subscriptions = planned.reduce((sum, { group }) => sum + group.length, 0);
  await query(insertPlanned, [
    run.organizationId,
    run.id,
    planned.map(({ position }) => position),
    planned.map(({ group }) => group[0].subscription.customer_id),
    planned.map(({ group }) => JSON.stringify(group.map(({ subscription }) => subscription.id))),
    planned.map(({ isInvoiced }) => isInvoiced),
    planned.map(({ priced }) => priced.currency),
    planned.map(({ priced }) => priced.feesAmountCents),
    planned.map(({ priced }) => priced.taxesAmountCents),
    planned.map(({ previousTotalCents }) => previousTotalCents),
    planned.map((invoice) => JSON.stringify(outlineOf(invoice))),
    planned.map(({ digest }) => digest),
    subscriptions,
    at,
  ]);
}

const outlineOf = ({ group, priced }: PlannedContent): Outline => ({
  billing_entity_id: group[0].entity.id,
  boundaries: group.map(({ subscription, step: { reason, header } }) => ({
    subscription_id: subscription.id,
    invoicing_reason: reason,
    period_start: isoOf(dateOf(header.start)),
    period_end: isoOf(dateOf(header.end)),
  })),
  fees: priced.fees.map((fee) => ({
    type: fee.type,
    name: fee.name,
    units: fee.units,
    amount_cents: fee.amountCents.toString(),
    taxes_amount_cents: fee.taxesAmountCents.toString(),
  })),
});

const selectPrevious = {
  name: 'planned_invoices.previous',
  text: `select distinct on (b.subscription_id) b.subscription_id, (i.fees_amount_cents - i.discount_amount_cents + i.taxes_amount_cents)::text as total
    from invoice_subscriptions b join invoices i on i.organization_id = b.organization_id and i.id = b.invoice_id
    where b.organization_id = $1 and b.subscription_id = any($2::uuid[]) and not b.voided
    order by b.subscription_id, b.period_end desc, i.created_at desc, i.id desc`,
};

/** What the youngest invoice of each subscription came to, before credit. */
export async function previousTotals(query: Query, organizationId: string, ids: readonly string[]): Promise<Map<string, bigint>> {
  const rows = await query<{ subscription_id: string; total: string }>(selectPrevious, [organizationId, ids]);
  return new Map(rows.map((row) => [row.subscription_id, BigInt(row.total)]));
}

const selectDigests = {
  name: 'planned_invoices.digests',
  text: 'select position, digest, subscription_ids from planned_invoices where organization_id = $1 and billing_run_id = $2 order by position',
};

export interface PlannedDigest {
  readonly position: number;
  readonly digest: string;
  readonly subscription_ids: readonly string[];
}

export const plannedDigests = (query: Query, run: Run): Promise<PlannedDigest[]> =>
  query<PlannedDigest>(selectDigests, [run.organizationId, run.id]);

const setInvoices = {
  name: 'planned_invoices.made',
  text: `update planned_invoices p set invoice_id = r.invoice_id from unnest($3::int4[], $4::uuid[]) as r(position, invoice_id)
    where p.organization_id = $1 and p.billing_run_id = $2 and p.position = r.position`,
};

/** Which invoice became of each. */
export const noteMade = (
  tx: Tx,
  run: Run,
  made: readonly { readonly position: number; readonly invoiceId: string }[],
): Promise<unknown> =>
  queryIn(tx)(setInvoices, [
    run.organizationId,
    run.id,
    made.map(({ position }) => position),
    made.map(({ invoiceId }) => invoiceId),
  ]);

export interface PlannedInvoiceRecord {
  readonly position: number;
  readonly customer_id: string;
  readonly external_customer_id: string;
  readonly customer_name: string | null;
  readonly billing_entity_code: string;
  readonly external_subscription_ids: readonly string[];
  readonly is_invoiced: boolean;
  readonly currency: string;
  readonly fees_amount_cents: string;
  readonly taxes_amount_cents: string;
  readonly total_cents: string;
  readonly previous_total_cents: string | null;
  readonly content: Outline;
  readonly digest: string;
  readonly invoice_id: string | null;
  readonly count: string;
}

/** In the order of the plan. */
export async function listPlannedInvoices(
  manager: EntityManager,
  organizationId: string,
  runId: string,
  page: Page,
): Promise<[PlannedInvoiceRecord[], number]> {
  const { take, skip } = sliceOf(page);
  const rows: PlannedInvoiceRecord[] = await manager.query(
    `select p.position, p.customer_id, c.external_id as external_customer_id, c.name as customer_name, e.code as billing_entity_code,
       array(select s.external_id from unnest(p.subscription_ids) with ordinality as r(id, n)
         join subscriptions s on s.organization_id = p.organization_id and s.id = r.id order by r.n) as external_subscription_ids,
       p.is_invoiced, p.currency, p.fees_amount_cents, p.taxes_amount_cents, p.total_cents, p.previous_total_cents, p.content, p.digest, p.invoice_id,
       count(*) over () as count
     from planned_invoices p
     join customers c on c.organization_id = p.organization_id and c.id = p.customer_id
     join billing_entities e on e.organization_id = p.organization_id and e.id = (p.content ->> 'billing_entity_id')::uuid
     where p.organization_id = $1 and p.billing_run_id = $2 order by p.position limit $3 offset $4`,
    [organizationId, runId, take, skip],
  );
  return [rows, Number(rows[0]?.count ?? 0)];
}
