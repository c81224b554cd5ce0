import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { log } from '../../platform/logging/log.ts';
import { WriteAudit } from './write-audit.ts';

const everyMs = 5_000;

/** The schedule and nothing else. Every process tries; the one that gets the reader's row writes. */
@Injectable()
export class AuditCron implements BeforeApplicationShutdown {
  private writing: Promise<void> | undefined;

  constructor(private readonly writeAudit: WriteAudit) {}

  @Interval(everyMs)
  write(): void {
    this.writing ??= this.writeAudit
      .execute()
      .then(
        () => undefined,
        (error: unknown) => log.error('the audit could not be written; it goes on in a moment', error),
      )
      .finally(() => {
        this.writing = undefined;
      });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writing;
  }
}
