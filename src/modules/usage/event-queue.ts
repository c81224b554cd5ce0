import { Injectable } from '@nestjs/common';
import { WriteTogether } from '../../platform/database/write-together.ts';
import { type EventToKeep, type KeptEvent, UsageEventsStore } from './usage-events.store.ts';

/** More would let PostgreSQL and this thread wait for each other in turn, and saves nothing: an INSERT of 200 costs little more than its rows. */
const maxTogether = 200;
/** Most of the pool: PostgreSQL writes them to disk together while other requests are read and answered. */
const maxWriting = 8;

/** The events of requests, written together up to two hundred at a time; those of one request are kept all or none. */
@Injectable()
export class EventQueue {
  private readonly requests: WriteTogether<readonly EventToKeep[], KeptEvent[]>;

  constructor(store: UsageEventsStore) {
    this.requests = new WriteTogether({
      write: async (requests) => {
        const kept = await store.keep(requests.flat());
        let start = 0;
        return requests.map(({ length }) => kept.slice(start, (start += length)));
      },
      weightOf: ({ length }) => length,
      maxTogether,
      maxWriting,
    });
  }

  /** Answers in the order of `events`, once they are committed. */
  keep(events: readonly EventToKeep[]): Promise<KeptEvent[]> {
    return this.requests.keep(events);
  }
}
