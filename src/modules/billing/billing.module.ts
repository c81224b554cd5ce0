import { type DynamicModule, Module } from '@nestjs/common';
import { BillingEntitiesModule } from '../billing-entities/index.ts';
import { InvoicesModule } from '../invoices/index.ts';
import { SubscriptionsModule } from '../subscriptions/index.ts';
import { AdminRunsController } from './admin/admin-runs.controller.ts';
import { AdminWorkersController } from './admin/admin-workers.controller.ts';
import { DoctorController } from './admin/doctor.controller.ts';
import { AdvanceTestClock } from './advance-test-clock.ts';
import { BillBatch } from './bill-batch.ts';
import { BillingCron } from './billing.cron.ts';
import { BillingRunsController } from './billing-runs.controller.ts';
import { CheckInvariants } from './check-invariants.ts';
import { ExplainInvoice } from './explain/explain-invoice.ts';
import { FinalizeInvoices } from './finalize-invoices.ts';
import { ChargeEvents } from './instant-charges/charge-events.ts';
import { ChargeUnits } from './instant-charges/charge-units.ts';
import { InstantChargesBell, InstantChargesCron } from './instant-charges/instant-charges.cron.ts';
import { GenerateCustomerInvoice } from './generate-customer-invoice.ts';
import { GenerateInvoice } from './generate-invoice.ts';
import { GenerateInvoices } from './generate-invoices.ts';
import { ApplyPlan } from './dry-run/apply-plan.ts';
import { PlanRun } from './dry-run/plan-run.ts';
import { InvoicePreviewController } from './preview/invoice-preview.controller.ts';
import { PreviewInvoice } from './preview/preview-invoice.ts';
import { RunBilling } from './run-billing.ts';
import { SubscriptionBillingController } from './subscription-billing.controller.ts';
import { CustomerUsageController } from './usage/customer-usage.controller.ts';
import { RunningUsage } from './usage/running-usage.ts';
import { TestClockController } from './test-clock.controller.ts';
import { WorkersHealth } from './workers-health.ts';
import { WorkersHealthController } from './workers-health.controller.ts';

/** The main job: from due subscriptions to numbered, finalized invoices. */
@Module({
  imports: [BillingEntitiesModule, SubscriptionsModule, InvoicesModule],
  controllers: [
    AdminRunsController,
    AdminWorkersController,
    DoctorController,
    BillingRunsController,
    CustomerUsageController,
    InvoicePreviewController,
    SubscriptionBillingController,
    TestClockController,
    WorkersHealthController,
  ],
  providers: [
    AdvanceTestClock,
    ApplyPlan,
    BillBatch,
    ChargeEvents,
    ChargeUnits,
    ExplainInvoice,
    CheckInvariants,
    FinalizeInvoices,
    GenerateCustomerInvoice,
    GenerateInvoice,
    GenerateInvoices,
    InstantChargesBell,
    PlanRun,
    PreviewInvoice,
    RunBilling,
    RunningUsage,
    WorkersHealth,
  ],
  exports: [AdvanceTestClock, CheckInvariants, FinalizeInvoices, GenerateInvoices],
})
export class BillingModule {
  /** With the schedule ticking, or without (operator commands, tests). */
  static register({ runsJobs }: { runsJobs: boolean }): DynamicModule {
    return { module: BillingModule, providers: runsJobs ? [BillingCron, InstantChargesCron] : [] };
  }
}
