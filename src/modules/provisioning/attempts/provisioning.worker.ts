import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../../../platform/jobs/rounds.ts';
import { WorkOffProvisioning } from './work-off-provisioning.ts';

/** When attempts are worked off, and nothing else: what begins waits a second at most. */
@Injectable()
export class ProvisioningWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(workOff: WorkOffProvisioning) {
    this.rounds = new Rounds({ name: 'provisioning', everyMs: 1_000, work: (goesOn) => workOff.execute(goesOn) });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** The requests in hand are finished first. */
  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }
}
