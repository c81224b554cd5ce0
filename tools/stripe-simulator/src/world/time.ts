import type { Agenda } from './agenda.ts';
import type { Store } from './store.ts';

/**
 * The times of the account: the wall clock and how far it was moved, and one frozen time per test clock.
 * Unix seconds throughout.
 */
export class Time {
  private offset = 0;
  /** While entries that are overdue are performed, it is the second in which each was due. */
  private replayed: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly agenda: Agenda,
  ) {
    agenda.onChange = () => this.wake();
  }

  now(clock: string | null): number {
    const frozen = this.store.testClocks.find(clock)?.frozen_time;
    return frozen ?? this.replayed ?? this.account();
  }

  private account(): number {
    return Math.floor(Date.now() / 1000) + this.offset;
  }

  /** The test clock of a customer, or null. */
  clockOf(customer: string | null): string | null {
    const clock = this.store.customers.find(customer)?.test_clock ?? null;
    return typeof clock === 'object' ? (clock?.id ?? null) : clock;
  }

  /** Performs everything due on a test clock until `to`, each in its own second. */
  advanceClock(clock: string, to: number): void {
    const row = this.store.testClocks.get(clock);
    for (let entry = this.agenda.due(clock, to); entry; entry = this.agenda.due(clock, to)) {
      row.frozen_time = Math.max(row.frozen_time, entry.at);
      this.agenda.perform(entry);
    }
    row.frozen_time = to;
  }

  /** Moves the account's own time. */
  advance(seconds: number): void {
    this.offset += seconds;
    this.performDue();
  }

  private performDue(): void {
    const until = this.account();
    for (let entry = this.agenda.due(null, until); entry; entry = this.agenda.due(null, until)) {
      this.replayed = entry.at;
      this.agenda.perform(entry);
    }
    this.replayed = null;
    this.wake();
  }

  /** Sleeps until the next entry of the account's own time. */
  private wake(): void {
    clearTimeout(this.timer);
    const next = this.agenda.due(null, Number.MAX_SAFE_INTEGER);
    if (!next) return;
    const seconds = Math.min(Math.max(next.at - this.account(), 0), 86_400);
    this.timer = setTimeout(() => this.performDue(), seconds * 1000);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.agenda.onChange = () => undefined;
  }
}
