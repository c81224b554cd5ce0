import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { invalid } from '../../../domain/errors/billing-error.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { reasonOf } from '../../../platform/attention/reason.ts';
import { type Query, queryIn, queryOn } from '../../../platform/database/sql.ts';
import { readSnapshot } from '../../../platform/database/snapshot.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import type { RunTrigger } from '../billing-run.entity.ts';
import {
  cancelRun,
  completeRun,
  countResults,
  failRun,
  openRun,
  recordFailure,
  type Run,
  type RunFailure,
} from '../billing-runs.store.ts';
import { Forecast } from '../forecast/forecast.ts';
import { type PlannedContent, plannedOf } from './planned-content.ts';
import { insertPlannedInvoices, type InvoiceToPlan, previousTotals } from './planned-invoices.store.ts';

/** Customers that are planned in one snapshot; nobody's subscriptions are split. */
const batchSize = 200;
const farthestMs = 10 * 366 * 86_400_000;
const beforeAll = '00000000-0000-0000-0000-000000000000';

/** Those of whom a run would touch something: as SQL what `wakesAt` and the claim of the generator say. */
const selectCustomers = {
  name: 'planned_invoices.customers',
  text: `select distinct s.customer_id from subscriptions s where s.organization_id = $1 and s.customer_id > $3 and (
      ((s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.payment_provider = 'MANUAL' and s.current_period_end <= $2)
      or (s.status = 'PENDING' and coalesce(s.change_at, s.subscription_at) <= $2) or (s.status = 'TRIAL' and s.trial_ends_at <= $2)
      or (s.status in ('ACTIVE', 'TRIAL', 'PAUSED') and s.ending_at <= $2) or (s.status = 'PAUSED' and s.resume_at <= $2))
    order by s.customer_id limit $4`,
};

export interface PlanRequest {
  readonly trigger: RunTrigger;
  /** The organization's present by default. */
  readonly asOf?: Date;
  readonly onProgress?: (planned: number) => Promise<boolean> | boolean;
}

/** A run that only says what it would do at `asOf`: woken, priced and grouped as the generator does it, and nothing of it done. */
@Injectable()
export class PlanRun {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
    private readonly clock: Clock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** Answers the run once all of it is planned. @throws BillingError validation_errors (`as_of` in the past or ten years ahead) */
  async execute(organizationId: string, { trigger, asOf: wanted, onProgress }: PlanRequest): Promise<Run> {
    const now = await this.organizationClock.now(organizationId);
    const asOf = wanted ?? now;
    if (asOf < now) throw invalid({ as_of: ['in_the_past'] });
    if (asOf.getTime() - now.getTime() > farthestMs) throw invalid({ as_of: ['value_is_out_of_range'] });
    const query = queryOn(this.dataSource);
    const run = await openRun(query, { organizationId, trigger, scheduledFor: null, asOf, dryRun: true });
    let isWhole: boolean;
    try {
      isWhole = await this.plan(query, run, onProgress ?? (() => true));
    } catch (error) {
      await failRun(query, run);
      throw error;
    }
    await (isWhole ? completeRun : cancelRun)(query, run);
    return run;
  }

  /** False: somebody asked it to stop before everything was planned. */
  private async plan(query: Query, run: Run, onProgress: (planned: number) => Promise<boolean> | boolean): Promise<boolean> {
    let last = beforeAll;
    let position = 0;
    for (;;) {
      const values = [run.organizationId, run.asOf, last, batchSize];
      const customers = await query<{ customer_id: string }>(selectCustomers, values);
      const ids = customers.map((row) => row.customer_id);
      if (ids.length === 0) return true;
      const planned = await this.planWhole(query, run, ids);
      const placed = planned.map((invoice, i) => ({ ...invoice, position: position + i + 1 }));
      await insertPlannedInvoices(query, run, placed, dateOf(this.clock.now()));
      position += placed.length;
      if (!(await onProgress(position))) return false;
      last = ids.at(-1) ?? last;
    }
  }

  /** What cannot be billed becomes an error of the run, as in a real one: it keeps nobody from being planned. */
  private async planWhole(query: Query, run: Run, customerIds: readonly string[]): Promise<Omit<InvoiceToPlan, 'position'>[]> {
    const failures: RunFailure[] = [];
    const planned = await readSnapshot(this.dataSource, (manager) => this.planFor(manager, run, customerIds, failures));
    for (const failure of failures) await recordFailure(query, run, failure);
    if (failures.length > 0) await countResults(query, run, { successful: 0, failed: failures.length });
    return planned;
  }

  private async planFor(
    manager: EntityManager,
    run: Run,
    customerIds: readonly string[],
    failures: RunFailure[],
  ): Promise<Omit<InvoiceToPlan, 'position'>[]> {
    const { organizationId, asOf } = run;
    const rows = await openOf(manager, organizationId, customerIds);
    const failed = (id: string, error: unknown): void => void failures.push({ subscriptionId: id, ...reasonOf(error) });
    const forecast = new Forecast({ manager, taxRates: this.taxRates, organizationId, failed }, rows);
    await forecast.wake(asOf);
    const planned: PlannedContent[] = [];
    for (let priced = await forecast.bill(asOf); priced.length > 0; priced = await forecast.bill(asOf))
      planned.push(...plannedOf(priced));
    return withPrevious(queryIn(manager), organizationId, planned);
  }
}

/** The subscriptions of these customers that are not over and done. */
async function openOf(
  manager: EntityManager,
  organizationId: string,
  customerIds: readonly string[],
): Promise<SubscriptionRow[]> {
  const over = ['TERMINATED', 'CANCELED', 'FAILED'];
  const rows = await manager.findBy(SubscriptionRow, { organizationId, customerId: In([...customerIds]) });
  return rows.filter((row) => !over.includes(row.status) || row.finalInvoiceDue);
}

/** Each with what the invoice before it comes to: the last that was made, or one that is planned before it. */
async function withPrevious(
  query: Query,
  organizationId: string,
  planned: readonly PlannedContent[],
): Promise<Omit<InvoiceToPlan, 'position'>[]> {
  const ids = [...new Set(planned.flatMap(({ group }) => group.map(({ subscription }) => subscription.id)))];
  const totals = await previousTotals(query, organizationId, ids);
  return planned.map((invoice) => {
    const previousTotalCents = totals.get(invoice.group[0].subscription.id) ?? null;
    if (invoice.isInvoiced) for (const { subscription } of invoice.group) totals.set(subscription.id, invoice.priced.totalCents);
    return { ...invoice, previousTotalCents };
  });
}
