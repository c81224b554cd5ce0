import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { NeedsAttention } from '../../platform/attention/needs-attention.ts';
import { type Reason, reasonOf } from '../../platform/attention/reason.ts';
import { TAX_RATES } from '../taxes/index.ts';
import { type Query, queryIn, waitAtMost } from '../../platform/database/sql.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { byHalves, withoutCulprits } from '../../platform/jobs/by-halves.ts';
import { countResults, recordFailure, type Run } from './billing-runs.store.ts';
import { claimDue, claimNamedDue } from './due-subscriptions.store.ts';
import { generation } from './generation.ts';
import type { DueSubscription } from './subscription-to-price.ts';
import { isInvoiced, priceSubscriptions } from './price-subscriptions.ts';
import { type BilledInvoice, togetherWhereWanted, unitsOf, writeInvoices } from './write-invoices.ts';

export interface FailedSubscription {
  readonly subscriptionId: string;
  readonly externalId: string;
  readonly reason: Reason;
  /** As it was thrown. */
  readonly error: unknown;
}

export interface BatchResult {
  /** Subscriptions taken on; 0 means that nothing due was free. */
  readonly claimed: number;
  readonly billed: readonly BilledInvoice[];
  readonly failed: readonly FailedSubscription[];
}

const nothing: BatchResult = { claimed: 0, billed: [], failed: [] };

type Claim = (query: Query) => Promise<DueSubscription[]>;

/** One transaction over a batch of due subscriptions: claim, price, write, advance, tell. All of it happens or none. */
@Injectable()
export class BillBatch {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly needsAttention: NeedsAttention,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /**
   * Bills one period of up to `limit` due subscriptions. When the batch cannot be written it is split in halves down to what is at
   * fault; that subscription is recorded as an error of the run, needs attention, and the others are billed: those of its customer that
   * are billed together, together.
   * @throws what is nobody's fault but the database's (connection lost, out of space): the run goes on later
   */
  execute(run: Run, limit: number): Promise<BatchResult> {
    return this.bill(run, (query) => claimDue(query, this.scope(run), limit));
  }

  /**
   * The same for named subscriptions; those that are not due are left out.
   * @param patienceMs so long it waits for who holds them; then PostgreSQL's lock_not_available is thrown
   */
  executeFor(run: Run, ids: readonly string[], patienceMs: number): Promise<BatchResult> {
    return this.bill(run, async (query) => {
      await waitAtMost(query, patienceMs);
      return claimNamedDue(query, this.scope(run), ids);
    });
  }

  private async bill(run: Run, claim: Claim): Promise<BatchResult> {
    let claimed: DueSubscription[] = [];
    try {
      return await this.write(run, async (query) => (claimed = await claim(query)));
    } catch (error) {
      const work = (some: readonly DueSubscription[]) => this.write(run, this.claimOf(run, some));
      const parted = await byHalves(unitsOf(claimed), error, {
        work: async (units) => [await work(units.flat())],
        giveUp: (unit, reason) =>
          withoutCulprits(unit, reason, {
            work,
            giveUp: (subscription, own) => this.giveUp(run, subscription, own),
            rehearse: (subscription) => this.unitOfWork.rehearse((tx) => this.billIn(tx, run, this.claimOf(run, [subscription]))),
          }),
      });
      const results = parted.flat();
      return {
        claimed: claimed.length,
        billed: results.flatMap((result) => result.billed),
        failed: results.flatMap((result) => result.failed),
      };
    }
  }

  private async giveUp(run: Run, { id, external_id: externalId }: DueSubscription, error: unknown): Promise<BatchResult> {
    const reason = reasonOf(error);
    const isFirst = await this.unitOfWork.run(async (tx) => {
      // Two workers can stumble over the same subscription, one after the other: it failed once.
      const inserted = await recordFailure(queryIn(tx), run, { subscriptionId: id, ...reason });
      if (inserted) await countResults(queryIn(tx), run, { successful: 0, failed: 1 });
      return inserted;
    });
    if (!isFirst) return { ...nothing, claimed: 1 };
    await this.needsAttention.note(generation, { organizationId: run.organizationId, id, externalId }, error, run.asOf);
    return { claimed: 1, billed: [], failed: [{ subscriptionId: id, externalId, reason, error }] };
  }

  private write(run: Run, claim: Claim): Promise<BatchResult> {
    return this.unitOfWork.run((tx) => this.billIn(tx, run, claim));
  }

  private async billIn(tx: Tx, run: Run, claim: Claim): Promise<BatchResult> {
    const query = queryIn(tx);
    const due = await claim(query);
    if (due.length === 0) return nothing;
    const priced = await priceSubscriptions({ query, taxRates: this.taxRates }, run.organizationId, due);
    const billed = await writeInvoices(tx, run, priced, togetherWhereWanted(priced.filter(isInvoiced)));
    const successful = billed.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
    await countResults(query, run, { successful, failed: 0 });
    return { claimed: due.length, billed, failed: [] };
  }

  private claimOf(run: Run, named: readonly DueSubscription[]): Claim {
    return (query) => claimNamedDue(query, this.scope(run), named.map(idOf));
  }

  private scope(run: Run) {
    return { organizationId: run.organizationId, asOf: run.asOf, runId: run.id };
  }
}

const idOf = ({ id }: DueSubscription): string => id;
