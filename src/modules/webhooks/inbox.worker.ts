import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { log } from '../../platform/logging/log.ts';
import { ProcessInbox } from './process-inbox.ts';
import { InboxBell } from './receive-event.ts';

/** Retries, and what other processes received, wait at most this long. */
const lookEveryMs = 1_000;

/** When the inbox is worked off, and nothing else: at every ring of the bell and once a second. */
@Injectable()
export class InboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly processInbox: ProcessInbox,
    private readonly bell: InboxBell,
  ) {}

  onApplicationBootstrap(): void {
    this.work = this.run();
  }

  /** The event in hand is finished first. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const rung = new AbortController();
      this.bell.once('ring', () => rung.abort());
      await this.processInbox
        .execute(() => !signal.aborted)
        .catch((error: unknown) => log.error('the inbox could not be worked off; it is tried again', error));
      await pause(lookEveryMs, undefined, { signal: AbortSignal.any([signal, rung.signal]) }).catch(() => undefined);
      this.bell.removeAllListeners('ring');
    }
  }
}
