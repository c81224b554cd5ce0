export { AdvanceTestClock } from './advance-test-clock.ts';
export { registerBillingCommands } from './billing.command.ts';
export { BillingModule } from './billing.module.ts';
export { BillingRunRow } from './billing-run.entity.ts';
export { CheckInvariants } from './check-invariants.ts';
export { DraftRefresherModule } from './drafts/draft-refresher.module.ts';
export { GenerateInvoices } from './generate-invoices.ts';
