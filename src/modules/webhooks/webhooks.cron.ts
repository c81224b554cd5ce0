import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Clock } from '../../platform/clock/clock.ts';
import { JobSlots } from '../../platform/jobs/job-slots.ts';
import { log } from '../../platform/logging/log.ts';
import { Reconcile } from './reconcile.ts';

const job = 'provider_reconciliation';
const dayMs = 86_400_000;

/** Every night what was told in vain is looked for; the schedule and nothing else. */
@Injectable()
export class WebhooksCron {
  constructor(
    private readonly reconcile: Reconcile,
    private readonly slots: JobSlots,
    private readonly clock: Clock,
  ) {}

  @Cron('30 3 * * *', { name: job, timeZone: 'UTC', waitForCompletion: true })
  async nightly(): Promise<void> {
    if (!this.reconcile.isPossible) return;
    const night = new Date(Math.floor(this.clock.now().epochMilliseconds / dayMs) * dayMs);
    await this.slots
      .run(job, night, () => this.reconcile.execute())
      .catch((error: unknown) =>
        log.error('the payment provider could not be reconciled with; the next night tries again', error),
      );
  }
}
