import { type EntityManager, In } from 'typeorm';
import { type Page, sliceOf } from '../../../platform/http/pagination.ts';
import { FeeRow } from '../../invoices/index.ts';
import type { ChargeDescription, UsagePeriod } from './present-usage.ts';

/** Charges by id, those that are no longer active too. */
export async function describeCharges(
  manager: EntityManager,
  organizationId: string,
  ids: readonly (string | null)[],
): Promise<(id: string) => ChargeDescription | undefined> {
  const rows: ChargeDescription[] = await manager.query(
    `select c.id, c.charge_model, c.invoice_display_name, m.id as metric_id, m.name as metric_name, m.code as metric_code,
        lower(m.aggregation_type) || '_agg' as aggregation_type, m.recurring
      from charges c join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
      where c.organization_id = $1 and c.id = any($2::uuid[])`,
    [organizationId, [...new Set(ids.filter((id) => id !== null))]],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (id) => byId.get(id);
}

interface PeriodRecord {
  readonly invoice_id: string;
  readonly period_start: Date;
  readonly period_end: Date;
  readonly currency: string;
  readonly timezone: string;
  readonly count: string;
}

/** Billed periods of a subscription with the usage on their invoices, the youngest first. */
export async function pastPeriods(
  manager: EntityManager,
  organizationId: string,
  subscriptionId: string,
  { page, metricCode }: { readonly page: Page; readonly metricCode?: string | undefined },
): Promise<[UsagePeriod[], number]> {
  const { take, skip } = sliceOf(page);
  const periods: PeriodRecord[] = await manager.query(
    `select b.invoice_id, b.period_start, b.period_end, i.currency, s.billing_timezone as timezone, count(*) over () as count
      from invoice_subscriptions b join invoices i on i.organization_id = b.organization_id and i.id = b.invoice_id
      join subscriptions s on s.organization_id = b.organization_id and s.id = b.subscription_id
      where b.organization_id = $1 and b.subscription_id = $2 and not b.voided and b.invoicing_reason <> 'STARTING'
      order by b.period_start desc, b.invoice_id limit $3 offset $4`,
    [organizationId, subscriptionId, take, skip],
  );
  const invoiceId = In(periods.map((period) => period.invoice_id));
  const fees = await manager.find(FeeRow, {
    where: { organizationId, subscriptionId, feeType: 'charge', invoiceId },
    order: { id: 'asc' },
  });
  const isMeant = (fee: FeeRow) => metricCode === undefined || fee.derivation.evidence?.metric_code === metricCode;
  return [
    periods.map((period) => ({
      from: period.period_start,
      to: period.period_end,
      currency: period.currency,
      timezone: period.timezone,
      invoiceId: period.invoice_id,
      fees: fees.filter((fee) => fee.invoiceId === period.invoice_id && isMeant(fee)),
    })),
    Number(periods[0]?.count ?? 0),
  ];
}
