import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { EndCheckout } from '../end-checkout.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { abandonedSessions } from './pending-checkouts.store.ts';

/** Checkouts that nobody paid within a day end, also where the provider's word of it was lost. */
@Injectable()
export class EndAbandonedCheckouts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly providers: PaymentProviders,
    private readonly endCheckout: EndCheckout,
  ) {}

  /** Returns how many ended. One that turns out to be paid stays: the provider's events, or reconciliation, start it. */
  async execute(): Promise<number> {
    let ended = 0;
    for (const id of await abandonedSessions(this.dataSource, dateOf(this.clock.now())))
      try {
        if ((await this.providers.get('STRIPE').expireCheckoutSession(id)) === 'complete') continue;
        await this.unitOfWork.run((tx) => this.endCheckout.execute(tx, { id }, 'expired'));
        ended += 1;
      } catch (error) {
        log.warn('an abandoned checkout could not be ended; it is tried again', { session_id: id, reason: String(error) });
      }
    return ended;
  }
}
