import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Expression } from '../../domain/metering/expression/expression.ts';
import { parseExpression } from '../../domain/metering/expression/parse-expression.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { readStatement } from '../../platform/database/sql.ts';

export type Aggregation = 'COUNT' | 'SUM' | 'MAX' | 'UNIQUE_COUNT' | 'WEIGHTED_SUM' | 'LATEST';

/** What ingestion needs to know of a billable metric. */
export interface Metric {
  readonly usageKey: number;
  readonly aggregation: Aggregation;
  readonly fieldName: string | null;
  /** Computes the field's value from the event. */
  readonly expression: Expression | null;
  /** Whether a charge that is paid in advance prices it. */
  readonly chargedAtOnce: boolean;
}

/** How long a changed metric may still be read as it was. */
const freshForMs = 2_000;
const maxKnown = 10_000;

const findMetrics = {
  name: 'usage.find_metrics',
  text: `select m.code, m.usage_key, m.aggregation_type, m.field_name, m.expression, exists (
      select from charges c where c.organization_id = m.organization_id and c.billable_metric_id = m.id and c.pay_in_advance and c.status = 'ACTIVE'
    ) as charged_at_once
    from billable_metrics m where m.organization_id = $1 and m.code = any($2::text[])`,
};

/** It was read before it was stored. */
function storedExpression(text: string): Expression {
  const read = parseExpression(text);
  if ('refused' in read) throw new Error(`a billable metric has the expression "${text}": ${read.refused}`);
  return read.expression;
}

/** Billable metrics by code, remembered for two seconds. Unknown codes are not: a metric made a moment ago counts at once. */
@Injectable()
export class MetricDirectory {
  private readonly known = new Map<string, { readonly metric: Metric; readonly readAtMs: number }>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** By code; what does not exist is missing. */
  async find(organizationId: string, codes: ReadonlySet<string>): Promise<ReadonlyMap<string, Metric>> {
    const nowMs = this.clock.now().epochMilliseconds;
    const found = new Map<string, Metric>();
    const unknown: string[] = [];
    for (const code of codes) {
      const entry = this.known.get(`${organizationId} ${code}`);
      if (entry && nowMs - entry.readAtMs < freshForMs) found.set(code, entry.metric);
      else unknown.push(code);
    }
    if (unknown.length === 0) return found;
    const rows = await readStatement<{
      code: string;
      usage_key: number;
      aggregation_type: Aggregation;
      field_name: string | null;
      expression: string | null;
      charged_at_once: boolean;
    }>(this.dataSource, findMetrics, [organizationId, unknown]);
    if (this.known.size + rows.length > maxKnown) this.known.clear();
    for (const { code, usage_key, aggregation_type, field_name, expression, charged_at_once } of rows) {
      const metric = {
        usageKey: usage_key,
        aggregation: aggregation_type,
        fieldName: field_name,
        expression: expression === null ? null : storedExpression(expression),
        chargedAtOnce: charged_at_once,
      };
      this.known.set(`${organizationId} ${code}`, { metric, readAtMs: nowMs });
      found.set(code, metric);
    }
    return found;
  }
}
