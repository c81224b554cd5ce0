import { Injectable } from '@nestjs/common';
import { databaseError } from '../../platform/database/unit-of-work.ts';
import { type EventToKeep, type KeptEvent, UsageEventsStore } from './usage-events.store.ts';

/** The events of one request. */
interface Waiting {
  readonly events: readonly EventToKeep[];
  readonly resolve: (kept: KeptEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** More would let PostgreSQL and this thread wait for each other in turn, and saves nothing: an INSERT of 200 costs little more than its rows. */
const maxTogether = 200;
/** Most of the pool: PostgreSQL writes them to disk together while other requests are read and answered. */
const maxWriting = 8;

/**
 * Requests written together: those that arrive in the same turn or while others are being written share the next INSERT, up to
 * two hundred events. A lone request waits for nobody; each is answered after the commit of its own statement, and kept whole or not
 * at all: a statement that the database refuses is tried again in halves, down to the request at fault.
 */
@Injectable()
export class EventQueue {
  private readonly waiting: Waiting[] = [];
  private writing = 0;
  private scheduled = false;

  constructor(private readonly store: UsageEventsStore) {}

  /** Answers in the order of `events`. */
  keep(events: readonly EventToKeep[]): Promise<KeptEvent[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ events, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.writing >= maxWriting || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.write(this.next());
    });
  }

  /** As many requests as fit together, at least one. */
  private next(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex((request, position) => {
      events += request.events.length;
      return position > 0 && events > maxTogether;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
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
      const kept = await this.store.keep(together.flatMap(({ events }) => events));
      let start = 0;
      for (const { events, resolve } of together) resolve(kept.slice(start, (start += events.length)));
    } catch (error) {
      if (together.length > 1 && isOwnFault(error)) {
        const middle = Math.ceil(together.length / 2);
        await this.settle(together.slice(0, middle));
        await this.settle(together.slice(middle));
      } else for (const { reject } of together) reject(error);
    }
  }
}

/** The database refused a row, not the work: the others are tried without it. */
const isOwnFault = (error: unknown): boolean => /^(22|23|54)/.test(databaseError(error).code ?? '');
