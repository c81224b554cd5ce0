import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryOn } from '../../../platform/database/sql.ts';
import { Bell } from '../../../platform/jobs/bell.ts';
import { log } from '../../../platform/logging/log.ts';
import { endedAtProvider } from '../../subscriptions/index.ts';
import { ProviderSubscriptions } from '../provider/provider-subscriptions.ts';
import { changingPlans, endedHere, type LinkKey, tryLater } from './unsettled.store.ts';

/**
 * Tells the payment provider what became here of what it bills, and tells it again until it has heard it: the rows say what it has to hear,
 * and each call has one effect however often it is made.
 */
@Injectable()
export class TellProvider implements OnModuleInit, BeforeApplicationShutdown {
  private inFlight: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: Bell,
    private readonly providerSubscriptions: ProviderSubscriptions,
  ) {}

  /** One that ended just now does not wait for the schedule. */
  onModuleInit(): void {
    this.bell.answer(endedAtProvider, () => {
      this.inFlight = this.inFlight
        .then(() => this.execute())
        .catch((error: unknown) => log.error('the payment provider was not told; the schedule tries again', error));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.inFlight;
  }

  /** Returns how many it has heard of now. */
  async execute(): Promise<number> {
    const query = queryOn(this.dataSource);
    const ended = await this.each(await endedHere(query), (key) => this.providerSubscriptions.endOver(key));
    const changed = await this.each(await changingPlans(query), (key) => this.providerSubscriptions.settleChange(key));
    return ended + changed;
  }

  private async each(keys: readonly LinkKey[], tell: (key: { organizationId: string; id: string }) => Promise<unknown>) {
    let heard = 0;
    for (const key of keys)
      try {
        await tell({ organizationId: key.organization_id, id: key.subscription_id });
        heard += 1;
      } catch (error) {
        log.error('the payment provider could not be told what became of a subscription; it is told again', error, {
          subscription_id: key.subscription_id,
        });
        await tryLater(queryOn(this.dataSource), key);
      }
    return heard;
  }
}
