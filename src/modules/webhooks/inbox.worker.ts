import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bell } from '../../platform/jobs/bell.ts';
import { Rounds } from '../../platform/jobs/rounds.ts';
import { ProcessInbox } from './process-inbox.ts';
import { inboxBell } from './receive-event.ts';

/** When the inbox is worked off, and nothing else: at every ring of its bell; retries, and what other processes received, once a second. */
@Injectable()
export class InboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(processInbox: ProcessInbox, bell: Bell) {
    this.rounds = new Rounds({ name: 'the inbox', everyMs: 1_000, work: (goesOn) => processInbox.execute(goesOn) });
    bell.answer(inboxBell, () => this.rounds.ring());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }
}
