import { type DynamicModule, Global, Module } from '@nestjs/common';
import { SigningSecret } from './auth/signing-secret.ts';
import { Clock } from './clock/clock.ts';
import { CONFIG, type Config } from './config/config.ts';
import { UnitOfWork } from './database/unit-of-work.ts';
import { FeatureFlags } from './feature-flags/feature-flags.ts';
import { Bell } from './jobs/bell.ts';
import { JobSlots } from './jobs/job-slots.ts';
import { WorkerLog } from './logging/worker-log.ts';
import { Mailer } from './mail/mailer.ts';
import { Outbound } from './outbound/outbound.ts';

/** What every room stands on. */
@Global()
@Module({})
export class PlatformModule {
  static register(config: Config): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: CONFIG, useValue: config },
        Bell,
        Clock,
        UnitOfWork,
        JobSlots,
        WorkerLog,
        FeatureFlags,
        Mailer,
        Outbound,
        SigningSecret,
      ],
      exports: [CONFIG, Bell, Clock, UnitOfWork, JobSlots, WorkerLog, FeatureFlags, Mailer, Outbound, SigningSecret],
    };
  }
}
