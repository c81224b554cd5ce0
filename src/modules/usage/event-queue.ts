import { Injectable } from '@nestjs/common';
import { WriteTogether } from '../../platform/database/write-together.ts';
import { type EventToKeep, isReused, isSameBody, type KeptEvent, UsageEventsStore } from './usage-events.store.ts';

/** More would let PostgreSQL and this thread wait for each other in turn, and saves nothing: an INSERT of 200 costs little more than its rows. */
const maxTogether = 200;
/** Most of the pool: PostgreSQL writes them to disk together while other requests are read and answered. */
const maxWriting = 8;

/** The events of requests, written together up to two hundred at a time; those of one request are kept all or none. */
/** Positions of events whose transaction id stands for another event already. */
export class ReusedTransactionIds extends Error {
  constructor(readonly positions: readonly number[]) {
    super(`transaction ids are reused at ${positions.join(', ')}`);
  }
}

@Injectable()
export class EventQueue {
  private readonly requests: WriteTogether<readonly EventToKeep[], KeptEvent[]>;

  constructor(private readonly store: UsageEventsStore) {
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

  /**
   * Answers in the order of `events`, once they are committed.
   * @throws ReusedTransactionIds when one of them was stored with another body, or is twice among them; then none is kept
   */
  async keep(events: readonly EventToKeep[]): Promise<KeptEvent[]> {
    try {
      return await this.requests.keep(events);
    } catch (error) {
      if (!isReused(error)) throw error;
      const positions = [...(await this.store.reused(events)), ...differing(events)];
      if (positions.length > 0) throw new ReusedTransactionIds(positions);
      // Only the times of events that came without one differ.
      return this.store.keep(events, { ignoresTime: true });
    }
  }
}

/** Positions of events that differ from one before them in the same request with their transaction id. */
function differing(events: readonly EventToKeep[]): number[] {
  const firsts = new Map<string, EventToKeep>();
  return events.flatMap((event, position) => {
    const key = `${event.streamId} ${event.transactionId}`;
    const first = firsts.get(key);
    if (!first) firsts.set(key, event);
    return first && !isSameBody(first, event) ? [position] : [];
  });
}
