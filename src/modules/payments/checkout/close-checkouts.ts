import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { queryOn } from '../../../platform/database/sql.ts';
import { log } from '../../../platform/logging/log.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { type Closing, closings, noteClosed } from './pending-checkouts.store.ts';

/**
 * What nobody wants any more is closed at the provider: superseded sessions expire, and what was paid in one of them all the same is
 * canceled and refunded. What fails is tried again by the next round; the provider does each thing once.
 */
@Injectable()
export class CloseCheckouts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly providers: PaymentProviders,
  ) {}

  /** Returns how many are closed now. */
  async execute(): Promise<number> {
    let closed = 0;
    for (const closing of await closings(queryOn(this.dataSource)))
      try {
        if (await this.close(closing)) closed += 1;
      } catch (error) {
        log.warn('a checkout could not be closed at the provider; it is tried again', {
          subscription_id: closing.subscription_id,
          reason: String(error),
        });
      }
    return closed;
  }

  private async close(closing: Closing): Promise<boolean> {
    const provider = this.providers.get('STRIPE');
    const now = dateOf(this.clock.now());
    const { provider_subscription_id: id, session_id: session } = closing;
    if (closing.closes === 'SESSION') {
      const outcome = await provider.expireCheckoutSession(session ?? id);
      await noteClosed(
        this.dataSource,
        { ...closing, closes: outcome === 'complete' ? 'PURCHASE' : 'SESSION' },
        outcome === 'complete' ? null : now,
        now,
      );
      return outcome === 'expired';
    }
    await provider.cancelSubscription(id);
    await provider.refundSubscription(id);
    await noteClosed(this.dataSource, closing, now, now);
    return true;
  }
}
