import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from '../taxes/index.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { type Query, queryIn } from '../../platform/database/sql.ts';
import { isOutage } from '../../platform/database/outage.ts';
import { databaseError, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { countResults, recordFailure, type Run } from './billing-runs.store.ts';
import { claimDue, claimNamedDue } from './due-subscriptions.store.ts';
import type { DueSubscription } from './subscription-to-price.ts';
import { isInvoiced, priceSubscriptions } from './price-subscriptions.ts';
import { type BilledInvoice, togetherWhereWanted, writeInvoices } from './write-invoices.ts';

export interface BatchResult {
  /** Subscriptions taken on; 0 means that nothing due was free. */
  readonly claimed: number;
  readonly billed: readonly BilledInvoice[];
  readonly failed: readonly { subscriptionId: string; message: string }[];
}

const nothing: BatchResult = { claimed: 0, billed: [], failed: [] };

/** One transaction over a batch of due subscriptions: claim, price, write, advance, tell. All of it happens or none. */
@Injectable()
export class BillBatch {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /**
   * Bills one period of up to `limit` due subscriptions. When the batch cannot be written it is split in halves down to the
   * one that is at fault; that one is recorded as an error of the run and the others are billed.
   * @throws what is nobody's fault but the database's (connection lost, out of space): the run goes on later
   */
  async execute(run: Run, limit: number): Promise<BatchResult> {
    let claimed: string[] = [];
    try {
      return await this.write(run, async (query) => {
        const due = await claimDue(query, this.scope(run), limit);
        claimed = due.map((row) => row.id);
        return due;
      });
    } catch (error) {
      if (claimed.length === 0 || isOutage(error)) throw error;
      return this.bisect(run, claimed, error);
    }
  }

  /** The same for named subscriptions; those that are not due, or held by another worker, are left out. */
  async executeFor(run: Run, ids: readonly string[]): Promise<BatchResult> {
    try {
      return await this.write(run, (query) => claimNamedDue(query, this.scope(run), ids));
    } catch (error) {
      if (isOutage(error)) throw error;
      return this.bisect(run, ids, error);
    }
  }

  private async bisect(run: Run, ids: readonly string[], error: unknown): Promise<BatchResult> {
    if (ids.length === 1) return this.giveUp(run, ids[0] ?? '', error);
    const middle = Math.ceil(ids.length / 2);
    const results = [];
    for (const half of [ids.slice(0, middle), ids.slice(middle)]) results.push(await this.executeFor(run, half));
    return {
      claimed: ids.length,
      billed: results.flatMap((result) => result.billed),
      failed: results.flatMap((result) => result.failed),
    };
  }

  private async giveUp(run: Run, subscriptionId: string, error: unknown): Promise<BatchResult> {
    const message = error instanceof Error ? error.message : String(error);
    const code = databaseError(error).constraint ?? 'not_billable';
    const isFirst = await this.unitOfWork.run(async (tx) => {
      const at = dateOf(this.clock.now());
      // Two workers can stumble over the same subscription, one after the other: it failed once.
      const inserted = await recordFailure(queryIn(tx), run, { subscriptionId, code, message }, at);
      if (inserted) await countResults(queryIn(tx), run, { successful: 0, failed: 1 }, at);
      return inserted;
    });
    return { claimed: 1, billed: [], failed: isFirst ? [{ subscriptionId, message }] : [] };
  }

  private write(run: Run, claim: (query: Query) => Promise<DueSubscription[]>): Promise<BatchResult> {
    return this.unitOfWork.run(async (tx) => {
      const query = queryIn(tx);
      const due = await claim(query);
      if (due.length === 0) return nothing;
      const priced = await priceSubscriptions({ query, taxRates: this.taxRates }, run.organizationId, due);
      const billed = await writeInvoices(tx, run, priced, togetherWhereWanted(priced.filter(isInvoiced)));
      const successful = billed.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
      await countResults(query, run, { successful, failed: 0 }, dateOf(this.clock.now()));
      return { claimed: due.length, billed, failed: [] };
    });
  }

  private scope(run: Run) {
    return { organizationId: run.organizationId, asOf: run.asOf, runId: run.id };
  }
}
