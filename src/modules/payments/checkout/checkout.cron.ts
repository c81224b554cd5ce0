import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { log } from '../../../platform/logging/log.ts';
import { CloseCheckouts } from './close-checkouts.ts';
import { EndAbandonedCheckouts } from './end-abandoned-checkouts.ts';

/** The schedule and nothing else. */
@Injectable()
export class CheckoutCron {
  constructor(
    private readonly closeCheckouts: CloseCheckouts,
    private readonly endAbandonedCheckouts: EndAbandonedCheckouts,
  ) {}

  @Cron('* * * * *', { name: 'checkout_cleanup', timeZone: 'UTC', waitForCompletion: true })
  async clean(): Promise<void> {
    for (const work of [this.closeCheckouts, this.endAbandonedCheckouts])
      await work.execute().catch((error: unknown) => log.error('checkouts could not be cleaned up', error));
  }
}
