import { Foundation1795000000000 } from './1795000000000-foundation.ts';
import { FeesFollowTheirHeader1795000050000 } from './1795000050000-fees-follow-their-header.ts';
import { Prices1795000100000 } from './1795000100000-prices.ts';
import { UsageInBuckets1795000110000 } from './1795000110000-usage-in-buckets.ts';
import { InstantCharges1795000120000 } from './1795000120000-instant-charges.ts';
import { InAdvance1795000200000 } from './1795000200000-in-advance.ts';
import { SubscriptionLife1795000210000 } from './1795000210000-subscription-life.ts';
import { CreditNotes1795000220000 } from './1795000220000-credit-notes.ts';
import { Numbering1795000300000 } from './1795000300000-numbering.ts';
import { SellerIdentity1795000310000 } from './1795000310000-seller-identity.ts';
import { InvoiceSubscriptions1795000320000 } from './1795000320000-invoice-subscriptions.ts';
import { FlagsOfRuns1795000330000 } from './1795000330000-flags-of-runs.ts';
import { TaxesByAddress1795000340000 } from './1795000340000-taxes-by-address.ts';
import { InboundEvents1795000400000 } from './1795000400000-inbound-events.ts';
import { CapturedPayments1795000410000 } from './1795000410000-captured-payments.ts';
import { WokenEvents1795000420000 } from './1795000420000-woken-events.ts';
import { FeeDescriptions1795000500000 } from './1795000500000-fee-descriptions.ts';
import { EventsByTime1795000500100 } from './1795000500100-events-by-time.ts';
import { SigningSecrets1795000500200 } from './1795000500200-signing-secrets.ts';
import { Audit1795000500300 } from './1795000500300-audit.ts';
import { RateLimits1795000500400 } from './1795000500400-rate-limits.ts';
import { Operations1795000500500 } from './1795000500500-operations.ts';
import { PlannedInvoices1795000600000 } from './1795000600000-planned-invoices.ts';
import { PlanOverrides1795000610000 } from './1795000610000-plan-overrides.ts';
import { TrialsAreBilled1795000611000 } from './1795000611000-trials-are-billed.ts';
import { FixedChargeUnits1795000612000 } from './1795000612000-fixed-charge-units.ts';
import { Checkout1795000620000 } from './1795000620000-checkout.ts';
import { Resources1795000630000 } from './1795000630000-resources.ts';
import { Provisioning1795000631000 } from './1795000631000-provisioning.ts';
import { OneSubscriptionAResource1795000632000 } from './1795000632000-one-subscription-a-resource.ts';
import { ReportedOperations1795000633000 } from './1795000633000-reported-operations.ts';
import { CreditOfOneSeller1795000640000 } from './1795000640000-credit-of-one-seller.ts';
import { ClosedInvoices1795000641000 } from './1795000641000-closed-invoices.ts';
import { EmailSettings1795000642000 } from './1795000642000-email-settings.ts';
import { DraftsAreCountedAgain1795000650000 } from './1795000650000-drafts-are-counted-again.ts';
import { CreditNoteMetadata1795000661000 } from './1795000661000-credit-note-metadata.ts';
import { DayCounts1795000660000 } from './1795000660000-day-counts.ts';
import { GivenBack1795000670000 } from './1795000670000-given-back.ts';
import { WhatComesLate1795000680000 } from './1795000680000-what-comes-late.ts';
import { NeedsAttention1795000700000 } from './1795000700000-needs-attention.ts';
import { ReasonsOfRuns1795000701000 } from './1795000701000-reasons-of-runs.ts';
import { Countries1795000780000 } from './1795000780000-countries.ts';
import { PaidOutCredit1795000720000 } from './1795000720000-paid-out-credit.ts';
import { DeletedPrices1795000781000 } from './1795000781000-deleted-prices.ts';
import { KeptFields1795000782000 } from './1795000782000-kept-fields.ts';
import { DefaultsHaveATime1795000752000 } from './1795000752000-defaults-have-a-time.ts';
import { WhatCameOfIt1795000751000 } from './1795000751000-what-came-of-it.ts';
import { IgnoredEvents1795000750000 } from './1795000750000-ignored-events.ts';
import { KeysInTheWork1795000760000 } from './1795000760000-keys-in-the-work.ts';
import { RunsByTime1795000643000 } from './1795000643000-runs-by-time.ts';
import { ToldToProviders1795000740000 } from './1795000740000-told-to-providers.ts';
import { Purchases1795000741000 } from './1795000741000-purchases.ts';
import { SecondWalls1795000770000 } from './1795000770000-second-walls.ts';
import { RecountedFees1795000710000 } from './1795000710000-recounted-fees.ts';
import { ChargesInAdvance1795000730000 } from './1795000730000-charges-in-advance.ts';
import { UsageIsNeverNegative1795000731000 } from './1795000731000-usage-is-never-negative.ts';
import { ReusedTransactionIds1795000732000 } from './1795000732000-reused-transaction-ids.ts';

/** In the order in which they run; listed by hand so that no glob decides what a release contains. */
export const migrations = [
  Foundation1795000000000,
  FeesFollowTheirHeader1795000050000,
  Prices1795000100000,
  UsageInBuckets1795000110000,
  InstantCharges1795000120000,
  InAdvance1795000200000,
  SubscriptionLife1795000210000,
  CreditNotes1795000220000,
  Numbering1795000300000,
  SellerIdentity1795000310000,
  InvoiceSubscriptions1795000320000,
  FlagsOfRuns1795000330000,
  TaxesByAddress1795000340000,
  InboundEvents1795000400000,
  CapturedPayments1795000410000,
  WokenEvents1795000420000,
  FeeDescriptions1795000500000,
  EventsByTime1795000500100,
  SigningSecrets1795000500200,
  Audit1795000500300,
  RateLimits1795000500400,
  Operations1795000500500,
  PlannedInvoices1795000600000,
  PlanOverrides1795000610000,
  TrialsAreBilled1795000611000,
  FixedChargeUnits1795000612000,
  Checkout1795000620000,
  Resources1795000630000,
  Provisioning1795000631000,
  OneSubscriptionAResource1795000632000,
  ReportedOperations1795000633000,
  CreditOfOneSeller1795000640000,
  ClosedInvoices1795000641000,
  EmailSettings1795000642000,
  RunsByTime1795000643000,
  DraftsAreCountedAgain1795000650000,
  DayCounts1795000660000,
  CreditNoteMetadata1795000661000,
  GivenBack1795000670000,
  WhatComesLate1795000680000,
  NeedsAttention1795000700000,
  ReasonsOfRuns1795000701000,
  RecountedFees1795000710000,
  PaidOutCredit1795000720000,
  ToldToProviders1795000740000,
  Purchases1795000741000,
  IgnoredEvents1795000750000,
  WhatCameOfIt1795000751000,
  DefaultsHaveATime1795000752000,
  KeysInTheWork1795000760000,
  SecondWalls1795000770000,
  Countries1795000780000,
  DeletedPrices1795000781000,
  ChargesInAdvance1795000730000,
  UsageIsNeverNegative1795000731000,
  KeptFields1795000782000,
  ReusedTransactionIds1795000732000,
];
