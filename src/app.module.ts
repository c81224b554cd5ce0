import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillingEntitiesModule, BillingEntityRow } from './modules/billing-entities/index.ts';
import { ApiKeyRow, OrganizationRow, OrganizationsModule } from './modules/organizations/index.ts';
import { TaxesModule, TaxRow } from './modules/taxes/index.ts';
import { AuthGuard } from './platform/auth/auth.guard.ts';
import type { Config } from './platform/config/config.ts';
import { connectionOptions } from './platform/database/connection.ts';
import { ErrorFilter } from './platform/http/error.filter.ts';
import { PlatformModule } from './platform/platform.module.ts';

/** Every table as TypeORM knows it; the drift test holds this list against the migrations. */
export const entities = [OrganizationRow, ApiKeyRow, TaxRow, BillingEntityRow];

/** The floor plan. */
@Module({})
export class AppModule {
  static register(config: Config, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(config),
        TypeOrmModule.forRoot({ ...connectionOptions(databaseUrl), entities }),
        ScheduleModule.forRoot(),
        OrganizationsModule,
        TaxesModule,
        BillingEntitiesModule,
      ],
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
