import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { BillableMetricRow } from './billable-metric.entity.ts';

/** Events have no foreign key to their metric (docs/decisions/0005); the limit makes this one index probe a stream. */
const isMeasured = {
  name: 'billable_metrics.is_measured',
  text: `select exists (select from charges where organization_id = $1 and billable_metric_id = $2)
    or exists (
      select from usage_streams s
      cross join lateral (select from usage_events e where e.stream_id = s.id and e.metric_key = $3 limit 1) e
      where s.organization_id = $1) as found`,
};

/** Does a charge price the metric, or an event carry its value? */
export async function isMetricInUse(tx: Tx, metric: BillableMetricRow): Promise<boolean> {
  const [row] = await runStatement<{ found: boolean }>(tx, isMeasured, [metric.organizationId, metric.id, metric.usageKey]);
  return row?.found ?? false;
}

const selectPricedValues = {
  name: 'billable_metrics.priced_values',
  text: `select v.key, w.value from charges c
    join charge_filters f on f.organization_id = c.organization_id and f.charge_id = c.id
    cross join lateral jsonb_each(f.filter_values) as v
    left join lateral jsonb_array_elements_text(v.value) as w on true
    where c.organization_id = $1 and c.billable_metric_id = $2 and c.status = 'ACTIVE'`,
};

/** Filter keys and values that charges have prices for; a null value is any value of the key. */
export const pricedFilterValues = (tx: Tx, metric: BillableMetricRow): Promise<{ key: string; value: string | null }[]> =>
  runStatement(tx, selectPricedValues, [metric.organizationId, metric.id]);
