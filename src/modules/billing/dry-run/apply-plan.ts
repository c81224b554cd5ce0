import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { tryAgainNow } from '../../../platform/attention/needs-attention.store.ts';
import { isId } from '../../../platform/database/ids.ts';
import { queryIn } from '../../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { WorkerLog } from '../../../platform/logging/worker-log.ts';
import { OrganizationClock, OrganizationRow } from '../../organizations/index.ts';
import { WakeSubscriptions } from '../../subscriptions/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { BillingRunRow } from '../billing-run.entity.ts';
import { markApplied, type Run } from '../billing-runs.store.ts';
import { claimDue, claimNamedDue, settleBilled } from '../due-subscriptions.store.ts';
import { priceSubscriptions } from '../price-subscriptions.ts';
import { linesOf, reportBatch, reportEnd, reportFound } from '../run-lines.ts';
import type { DueSubscription } from '../subscription-to-price.ts';
import { type BilledInvoice, writeInvoices } from '../write-invoices.ts';
import { type PlannedContent, plannedOf } from './planned-content.ts';
import { noteMade, plannedDigests, type PlannedDigest } from './planned-invoices.store.ts';

const batchSize = 500;
const noRun = '00000000-0000-0000-0000-000000000000';
/** An error names this many subscriptions. */
const shown = 20;

/**
 * Makes exactly the invoices of a dry run, in one transaction: every boundary is claimed and priced again as any run does it, and its
 * digest must be the planned one. The first that is not undoes all of it.
 */
@Injectable()
export class ApplyPlan {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wakeSubscriptions: WakeSubscriptions,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
    private readonly workerLog: WorkerLog,
  ) {}

  /**
   * @throws BillingError billing_run_not_found, billing_run_not_applicable (no dry run, not finished, applied before, its time has not
   * come), billing_run_outdated (something moved; details name subscriptions)
   */
  async execute(organizationId: string, id: string): Promise<void> {
    const { run, billed } = await this.unitOfWork.run(async (tx) => {
      const row = await this.applicable(tx, organizationId, id);
      const { mode } = await tx.findOneByOrFail(OrganizationRow, { id: organizationId });
      const run: Run = { id: row.id, organizationId, mode, asOf: row.asOf };
      await tryAgainNow(queryIn(tx), organizationId);
      await this.wakeSubscriptions.within(tx, organizationId, run.asOf);
      const billed = await this.commit(tx, run);
      await settleBilled(queryIn(tx), run);
      await markApplied(queryIn(tx), run, subscriptionsOf(billed));
      return { run, billed };
    });
    const lines = linesOf(this.workerLog, run);
    const successful = subscriptionsOf(billed);
    reportFound(lines, successful);
    reportBatch(lines, { billed, failed: [] });
    reportEnd(lines, { successful, failed: 0 });
  }

  private async applicable(tx: Tx, organizationId: string, id: string): Promise<BillingRunRow> {
    const where = { organizationId, id };
    const row = isId(id) ? await tx.findOne(BillingRunRow, { where, lock: { mode: 'pessimistic_write' } }) : null;
    if (!row) throw new BillingError('billing_run_not_found');
    const refuse = (field: string, reason: string) => new BillingError('billing_run_not_applicable', { [field]: [reason] });
    if (!row.dryRun) throw refuse('dry_run', 'not_a_dry_run');
    if (row.appliedAt) throw refuse('applied_at', 'already_applied');
    if (row.status !== 'COMPLETED') throw refuse('status', row.status.toLowerCase());
    if (row.asOf > (await this.organizationClock.now(organizationId, tx))) throw refuse('as_of', 'not_reached');
    return row;
  }

  private async commit(tx: Tx, run: Run): Promise<BilledInvoice[]> {
    const query = queryIn(tx);
    const expected = new Expected(await plannedDigests(query, run));
    const scope = { organizationId: run.organizationId, asOf: run.asOf, runId: run.id };
    const rest = () => claimDue(query, scope, batchSize, { waits: true });
    // What failed in the dry run may have been planned up to the period at fault.
    const unfinished = () => claimNamedDue(query, { ...scope, runId: noRun }, expected.leftIds());
    const billed: BilledInvoice[] = [];
    for (const claim of [rest, unfinished])
      for (let due = await claim(); due.length > 0; due = await claim())
        billed.push(...(await this.bill(tx, run, due, expected)));
    expected.refuseIfLeft();
    return billed;
  }

  private async bill(tx: Tx, run: Run, due: readonly DueSubscription[], expected: Expected): Promise<BilledInvoice[]> {
    const priced = await priceSubscriptions({ query: queryIn(tx), taxRates: this.taxRates }, run.organizationId, due);
    const planned = plannedOf(priced);
    const positions = planned.map((content) => expected.meet(content));
    expected.refuseIfMoved();
    const groups = planned.flatMap(({ isInvoiced, group }) => (isInvoiced ? [group] : []));
    const billed = await writeInvoices(tx, run, priced, groups);
    const places = positions.filter((_, i) => planned[i]?.isInvoiced);
    await noteMade(
      tx,
      run,
      billed.map(({ invoice }, i) => ({ position: places[i] ?? 0, invoiceId: invoice.id })),
    );
    return billed;
  }
}

const subscriptionsOf = (billed: readonly BilledInvoice[]): number =>
  billed.reduce((sum, { subscriptions }) => sum + subscriptions, 0);

/** The plan, as far as it is not met yet. */
class Expected {
  private readonly left: Map<string, PlannedDigest>;
  private readonly moved = new Map<string, string>();

  constructor(planned: readonly PlannedDigest[]) {
    this.left = new Map(planned.map((entry) => [entry.digest, entry]));
  }

  /** The position of the planned one that this is; what was not planned, or differs, is remembered. */
  meet({ digest, group }: PlannedContent): number {
    const found = this.left.get(digest);
    this.left.delete(digest);
    if (found) return found.position;
    const names = new Set([...this.left.values()].flatMap((planned) => planned.subscription_ids));
    for (const { subscription } of group) this.moved.set(subscription.id, names.has(subscription.id) ? 'changed' : 'not_planned');
    return 0;
  }

  /** Of the subscriptions that are not billed yet as planned. */
  leftIds(): string[] {
    return [...this.left.values()].flatMap(({ subscription_ids: ids }) => ids);
  }

  refuseIfMoved(): void {
    if (this.moved.size > 0) throw outdated(this.moved);
  }

  refuseIfLeft(): void {
    const rest = [...this.left.values()].flatMap(({ subscription_ids: ids }) => ids.map((id) => [id, 'no_longer_due'] as const));
    if (rest.length > 0) throw outdated(new Map(rest));
  }
}

const outdated = (moved: ReadonlyMap<string, string>): BillingError =>
  new BillingError('billing_run_outdated', Object.fromEntries([...moved].slice(0, shown).map(([id, reason]) => [id, [reason]])));
