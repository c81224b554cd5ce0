import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { JobSlots } from '../../platform/jobs/job-slots.ts';
import { log } from '../../platform/logging/log.ts';
import { finalization } from '../invoices/index.ts';
import { FinalizeInvoices } from './finalize-invoices.ts';
import { generation } from './generation.ts';
import { GenerateInvoices } from './generate-invoices.ts';

export const generationCron = '0 * * * *';
export const finalizationCron = '*/5 * * * *';

/** The schedule and nothing else. Every process ticks; the slot makes them share one run. */
@Injectable()
export class BillingCron implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    private readonly generateInvoices: GenerateInvoices,
    private readonly finalizeInvoices: FinalizeInvoices,
    private readonly slots: JobSlots,
    private readonly clock: Clock,
  ) {}

  /** What fell due while nobody was running is billed now (G15); the application does not wait for it. */
  onApplicationBootstrap(): void {
    const startedAt = dateOf(this.clock.now());
    void this.guarded(generation.name, startedAt, () => this.generateInvoices.forAll({ trigger: 'STARTUP' }));
    void this.guarded(finalization.name, startedAt, () => this.finalizeInvoices.forAll());
  }

  @Cron(generationCron, { name: generation.name, timeZone: 'UTC', waitForCompletion: true })
  async generate(): Promise<void> {
    const scheduledFor = this.slot(60);
    await this.guarded(generation.name, scheduledFor, () => this.generateInvoices.forAll({ trigger: 'CRON', scheduledFor }));
  }

  @Cron(finalizationCron, { name: finalization.name, timeZone: 'UTC', waitForCompletion: true })
  async finalize(): Promise<void> {
    await this.guarded(finalization.name, this.slot(5), () => this.finalizeInvoices.forAll());
  }

  /** The start of the current slot; the timer may fire a moment after it, never before. */
  private slot(minutes: number): Date {
    const width = minutes * 60_000;
    return new Date(Math.floor(this.clock.now().epochMilliseconds / width) * width);
  }

  /** The database stays until what this process is doing is done; runs stop after the batch in hand. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.inFlight);
  }

  /** A failed slot is in the log and in the health answer; the next slot tries again. */
  private async guarded(job: string, scheduledFor: Date, work: () => Promise<unknown>): Promise<void> {
    const slot = this.slots.run(job, scheduledFor, work).then(
      () => undefined,
      (error: unknown) => log.error(`${job} failed; it is tried again at the next slot`, error),
    );
    this.inFlight.add(slot);
    await slot;
    this.inFlight.delete(slot);
  }
}
