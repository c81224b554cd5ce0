import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillingEntitiesModule, BillingEntityRow } from './modules/billing-entities/index.ts';
import { AuditModule } from './modules/audit/index.ts';
import { AddOnRow, AddOnsModule } from './modules/add-ons/index.ts';
import { BillableMetricRow, BillableMetricsModule } from './modules/billable-metrics/index.ts';
import { CreditNoteRow, CreditNotesModule } from './modules/credit-notes/index.ts';
import { CustomerRow, CustomersModule } from './modules/customers/index.ts';
import { BillingModule, BillingRunRow, DraftRefresherModule } from './modules/billing/index.ts';
import { FeeRow, InvoiceRow, InvoicesModule, InvoiceTaxRow } from './modules/invoices/index.ts';
import { ApiKeyRow, OrganizationRow, OrganizationsModule } from './modules/organizations/index.ts';
import { ChargeFilterRow, ChargeRow, FixedChargeRow, MinimumCommitmentRow, PlanRow, PlansModule } from './modules/plans/index.ts';
import { AttemptRow, ProvisionerRow, ProvisioningModule } from './modules/provisioning/index.ts';
import { SubscriptionRow, SubscriptionsModule } from './modules/subscriptions/index.ts';
import { TaxesModule, TaxRow } from './modules/taxes/index.ts';
import { UsageModule } from './modules/usage/index.ts';
import { InboundEventRow, WebhooksModule } from './modules/webhooks/index.ts';
import { StripeModule } from './integrations/stripe/stripe.module.ts';
import { TaxTable } from './integrations/tax-table/tax-table.ts';
import {
  InvoicePaymentRow,
  PaidSubscriptionsModule,
  PaymentsModule,
  ProviderCustomerRow,
  ProviderSubscriptionRow,
} from './modules/payments/index.ts';
import { AttentionModule } from './platform/attention/attention.module.ts';
import { AuthGuard } from './platform/auth/auth.guard.ts';
import type { Config } from './platform/config/config.ts';
import { roleToWorkIn } from './platform/database/application-role.ts';
import { ConnectionWatch } from './platform/database/connection-watch.ts';
import { connectionOptions } from './platform/database/connection.ts';
import { FeatureGuard } from './platform/feature-flags/require-feature.ts';
import { HealthModule } from './platform/health/health.module.ts';
import { JsonBodyGuard } from './platform/http/json-body.guard.ts';
import { KnownQueryGuard } from './platform/http/known-query.guard.ts';
import { ErrorFilter } from './platform/http/error.filter.ts';
import { IdempotencyInterceptor } from './platform/idempotency/idempotency.interceptor.ts';
import { IdempotencyStore } from './platform/idempotency/idempotency.store.ts';
import { OperationsModule } from './platform/operations/operations.module.ts';
import { PlatformModule } from './platform/platform.module.ts';
import { RateLimitGuard } from './platform/rate-limit/rate-limit.guard.ts';
import { RateLimits } from './platform/rate-limit/rate-limits.ts';

/** Every table as TypeORM knows it; the drift test holds this list against the migrations. */
export const entities = [
  OrganizationRow,
  ApiKeyRow,
  TaxRow,
  BillingEntityRow,
  CustomerRow,
  BillableMetricRow,
  AddOnRow,
  PlanRow,
  ChargeRow,
  ChargeFilterRow,
  FixedChargeRow,
  MinimumCommitmentRow,
  SubscriptionRow,
  ProvisionerRow,
  AttemptRow,
  CreditNoteRow,
  InvoiceRow,
  FeeRow,
  InvoiceTaxRow,
  BillingRunRow,
  InboundEventRow,
  InvoicePaymentRow,
  ProviderCustomerRow,
  ProviderSubscriptionRow,
];

export interface AppOptions {
  /** Whether this process drives the schedule: the server and the worker do, an operator command does not. */
  readonly runsJobs: boolean;
}

/** The floor plan. */
@Module({})
export class AppModule {
  static register(config: Config, databaseUrl: string, { runsJobs }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(config),
        // The door has just migrated this database: if it is gone again, waiting would only hide that.
        TypeOrmModule.forRootAsync({
          useFactory: async () => ({
            ...connectionOptions(databaseUrl, await roleToWorkIn(databaseUrl)),
            entities,
            retryAttempts: 0,
          }),
        }),
        ...(runsJobs ? [ScheduleModule.forRoot()] : []),
        HealthModule,
        OperationsModule,
        AttentionModule,
        OrganizationsModule,
        TaxesModule.register(TaxTable),
        BillingEntitiesModule,
        CustomersModule,
        AddOnsModule,
        BillableMetricsModule,
        PlansModule,
        UsageModule,
        SubscriptionsModule,
        ProvisioningModule.register({ runsJobs, payments: PaidSubscriptionsModule }),
        CreditNotesModule,
        InvoicesModule,
        DraftRefresherModule,
        BillingModule.register({ runsJobs }),
        PaymentsModule,
        AuditModule.register({ runsJobs }),
        WebhooksModule.register({ runsJobs, inbound: StripeModule }),
      ],
      providers: [
        ConnectionWatch,
        RateLimits,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: FeatureGuard },
        { provide: APP_GUARD, useClass: JsonBodyGuard },
        { provide: APP_GUARD, useClass: KnownQueryGuard },
        IdempotencyStore,
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
