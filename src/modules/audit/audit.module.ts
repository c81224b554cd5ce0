import { type DynamicModule, Module } from '@nestjs/common';
import { ActivityLogsController } from './activity-logs.controller.ts';
import { AuditController } from './audit.controller.ts';
import { AuditCron } from './audit.cron.ts';
import { VerifyAudit } from './verify-audit.ts';
import { WriteAudit } from './write-audit.ts';

/** Who did what, kept for good. Reads the outbox; nobody calls it. */
@Module({ controllers: [ActivityLogsController, AuditController], providers: [VerifyAudit, WriteAudit] })
export class AuditModule {
  /** With the schedule ticking, or without (operator commands, tests). */
  static register({ runsJobs }: { runsJobs: boolean }): DynamicModule {
    return { module: AuditModule, providers: runsJobs ? [AuditCron] : [] };
  }
}
