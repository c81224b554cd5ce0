import { setTimeout as pause } from 'node:timers/promises';
import { log } from '../logging/log.ts';

export interface Round {
  /** Of the work, for the log. */
  readonly name: string;
  readonly everyMs: number;
  /** Asks between its steps whether it goes on. */
  readonly work: (goesOn: () => boolean) => Promise<unknown>;
}

/** Works off rows round after round: after every pause, and at once when rung. A round that fails is tried again by the next. */
export class Rounds {
  private isStopping = false;
  private rung = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly round: Round) {}

  start(): void {
    this.running = this.run();
  }

  /** What comes while a round works is looked at by one more. */
  ring(): void {
    this.rung.abort();
  }

  /** Resolves when the step in hand is finished. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.rung.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, everyMs, work } = this.round;
    while (!this.isStopping) {
      this.rung = new AbortController();
      await work(() => !this.isStopping).catch((error: unknown) =>
        log.error(`${name} failed; the next round tries again`, error),
      );
      await pause(everyMs, undefined, { signal: this.rung.signal }).catch(() => undefined);
    }
  }
}
