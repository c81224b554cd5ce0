import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { log } from '../../../platform/logging/log.ts';
import { WorkOffProvisioning } from './work-off-provisioning.ts';

/** What begins waits at most this long. */
const lookEveryMs = 1_000;

/** When attempts are worked off, and nothing else. */
@Injectable()
export class ProvisioningWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly workOff: WorkOffProvisioning) {}

  onApplicationBootstrap(): void {
    this.work = this.run();
  }

  /** The requests in hand are finished first. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.workOff
        .execute(() => !signal.aborted)
        .catch((error: unknown) => log.error('provisioning could not be worked off; it is tried again', error));
      await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
