import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { log } from '../../../platform/logging/log.ts';
import { Purchases } from './purchases.ts';
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
    private readonly purchases: Purchases,
  ) {}

  @Cron('* * * * *', { name: 'checkout_cleanup', timeZone: 'UTC', waitForCompletion: true })
  async clean(): Promise<void> {
    const works = [
      () => this.tellProvider.execute(),
      () => this.closeCheckouts.execute(),
      () => this.purchases.settle(),
      () => this.endAbandonedCheckouts.execute(),
    ];
    for (const work of works)
      await work().catch((error: unknown) => log.error('what a payment provider has to hear could not be worked off', error));
  }
}
