import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from '../taxes/index.ts';
import { tryAgainNow } from '../../platform/attention/needs-attention.store.ts';
import { queryIn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { WorkerLog } from '../../platform/logging/worker-log.ts';
import { findCustomer } from '../customers/index.ts';
import type { InvoiceRow } from '../invoices/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { completeRun, countResults, openRun } from './billing-runs.store.ts';
import { claimDueOfCustomer, settleBilled } from './due-subscriptions.store.ts';
import { isInvoiced, priceSubscriptions } from './price-subscriptions.ts';
import { linesOf, reportBatch, reportEnd, reportFound } from './run-lines.ts';
import { oneInvoiceOf, writeInvoices } from './write-invoices.ts';

/** All that is due of a customer, one period of each subscription, on one invoice: because somebody asked for one, not several. */
@Injectable()
export class GenerateCustomerInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
    private readonly workerLog: WorkerLog,
  ) {}

  /**
   * A refusal leaves nothing behind: no invoice, no number used, no period moved, no run (I17).
   * @throws BillingError customer_not_found, subscription_not_billable (nothing is due), validation_errors
   * (`billing_entity: mixed_billing_entities`, `currency: currencies_does_not_match`)
   */
  async execute(organizationId: string, idOrExternalId: string): Promise<InvoiceRow> {
    const { run, billed } = await this.unitOfWork.run(async (tx) => {
      const query = queryIn(tx);
      const customer = await findCustomer(tx, organizationId, idOrExternalId);
      const asOf = await this.organizationClock.now(organizationId, tx);
      await tryAgainNow(query, organizationId);
      const run = await openRun(query, { organizationId, trigger: 'MANUAL', scheduledFor: null, asOf });
      const due = await claimDueOfCustomer(query, { organizationId, asOf, runId: run.id }, customer.id);
      const priced = await priceSubscriptions({ query, taxRates: this.taxRates }, organizationId, due);
      const group = oneInvoiceOf(priced.filter(isInvoiced));
      const [billed] = await writeInvoices(tx, run, priced, [group]);
      if (!billed) throw new Error('an invoice of a customer was not written');
      await countResults(query, run, { successful: group.length, failed: 0 });
      await completeRun(query, run);
      await settleBilled(query, { organizationId, asOf });
      return { run, billed };
    });
    const lines = linesOf(this.workerLog, run);
    reportFound(lines, billed.subscriptions);
    reportBatch(lines, { billed: [billed], failed: [] });
    reportEnd(lines, { successful: billed.subscriptions, failed: 0 });
    return billed.invoice;
  }
}
