import { Injectable } from '@nestjs/common';
import { databaseError } from '../../platform/database/unit-of-work.ts';
import { type EventToKeep, type KeptEvent, UsageEventsStore } from './usage-events.store.ts';

interface Waiting {
  readonly event: EventToKeep;
  readonly resolve: (kept: KeptEvent) => void;
  readonly reject: (error: unknown) => void;
}

const maxTogether = 500;
/** Two statements at a time saturate two cores; more only wait longer (measured). */
const maxWriting = 2;

/**
 * Events that came one by one, written together: those that arrive in the same turn or while others are being written share the
 * next INSERT. A lone event waits for nobody; each is answered after the commit of its own statement.
 */
@Injectable()
export class EventQueue {
  private readonly waiting: Waiting[] = [];
  private writing = 0;
  private scheduled = false;

  constructor(private readonly store: UsageEventsStore) {}

  keep(event: EventToKeep): Promise<KeptEvent> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ event, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.writing >= maxWriting || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.write(this.waiting.splice(0, maxTogether));
    });
  }

  private async write(together: readonly Waiting[]): Promise<void> {
    this.writing++;
    this.schedule();
    try {
      await this.settle(together);
    } finally {
      this.writing--;
      this.schedule();
    }
  }

  private async settle(together: readonly Waiting[]): Promise<void> {
    try {
      const kept = await this.store.keep(together.map(({ event }) => event));
      together.forEach(({ resolve }, position) => resolve(kept[position]!));
    } catch (error) {
      if (together.length > 1 && isOwnFault(error)) for (const one of together) await this.settle([one]);
      else for (const { reject } of together) reject(error);
    }
  }
}

/** The database refused a row, not the work: the others are tried without it. */
const isOwnFault = (error: unknown): boolean => /^(22|23|54)/.test(databaseError(error).code ?? '');
