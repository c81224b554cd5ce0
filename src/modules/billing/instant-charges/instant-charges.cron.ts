import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { Bell } from '../../../platform/jobs/bell.ts';
import { log } from '../../../platform/logging/log.ts';
import { instantCharges } from '../../usage/index.ts';
import { ChargeEvents } from './charge-events.ts';
import { ChargeUnits } from './charge-units.ts';

/** Answers the bell of ingestion: one round at a time; what comes meanwhile is charged by one more. Where billing is turned off events wait. */
@Injectable()
export class InstantChargesBell implements OnModuleInit, BeforeApplicationShutdown {
  private inFlight: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly bell: Bell,
    private readonly chargeEvents: ChargeEvents,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    if (this.config.billingEnabled) this.bell.answer(instantCharges, () => this.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.inFlight;
  }

  private start(): void {
    if (this.inFlight) {
      this.again = true;
      return;
    }
    this.inFlight = this.chargeEvents
      .forAll()
      .catch((error: unknown) => log.error('events were not charged; the schedule tries them again', error))
      .finally(() => {
        this.inFlight = null;
        if (!this.again) return;
        this.again = false;
        this.start();
      });
  }
}

/** What nobody heard the bell for: a process that ended, a subscription that began later than its events, units that grew. */
@Injectable()
export class InstantChargesCron {
  constructor(
    private readonly chargeEvents: ChargeEvents,
    private readonly chargeUnits: ChargeUnits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Cron('* * * * *', { name: 'instant_charges', timeZone: 'UTC', waitForCompletion: true })
  async charge(): Promise<void> {
    if (!this.config.billingEnabled) return;
    await this.chargeEvents.forAll().catch((error: unknown) => log.error('events were not charged', error));
    await this.chargeUnits.forAll().catch((error: unknown) => log.error('units that grew were not charged', error));
  }
}
