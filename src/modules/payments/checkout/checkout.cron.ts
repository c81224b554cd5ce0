import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { log } from '../../../platform/logging/log.ts';
import { CloseCheckouts } from './close-checkouts.ts';
import { TellProvider } from '../outbound/tell-provider.ts';
import { EndAbandonedCheckouts } from './end-abandoned-checkouts.ts';

/** The schedule and nothing else. */
@Injectable()
export class CheckoutCron {
  constructor(
    private readonly closeCheckouts: CloseCheckouts,
    private readonly endAbandonedCheckouts: EndAbandonedCheckouts,
    private readonly tellProvider: TellProvider,
  ) {}

  @Cron('* * * * *', { name: 'checkout_cleanup', timeZone: 'UTC', waitForCompletion: true })
  async clean(): Promise<void> {
    for (const work of [this.tellProvider, this.closeCheckouts, this.endAbandonedCheckouts])
      await work
        .execute()
        .catch((error: unknown) => log.error('what a payment provider has to hear could not be worked off', error));
  }
}
