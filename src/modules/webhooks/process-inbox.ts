import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Actor, withActor } from '../../platform/auth/actor.ts';
import { databaseError, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { log } from '../../platform/logging/log.ts';
import { type Applied, type Fact, INBOUND_PROVIDERS, type InboundProvider, NeedsFact } from './inbound-provider.ts';
import { InboxMetrics } from './inbox-metrics.ts';
import {
  type ClaimedEvent,
  claimEvents,
  markEventProcessed,
  postponeEvent,
  readDatabaseTime,
  waitForLane,
  wakeDeferred,
} from './inbox.store.ts';
import { pauseAfter } from './retry-schedule.ts';

const lanesAtOnce = 4;
/** Longer than any event takes, provider included; a worker that is silent for so long is dead. */
const leaseSeconds = 120;
/** What one event may ask of the provider before it counts as failed. */
const maxQuestions = 5;

/** The claim ran out while we worked: another worker has the event now. */
class ClaimLost extends Error {}

/** Takes the transaction back: an event that is tried again later is heard of then, not twice. */
class PutOff extends Error {
  constructor(readonly applied: Applied) {
    super();
  }
}

type Deferred = Extract<Applied, { readonly deferred: string }>;

/** Works off the inbox, one event of a lane at a time, each in one transaction with the note that it was processed. */
@Injectable()
export class ProcessInbox {
  constructor(
    @Inject(INBOUND_PROVIDERS) private readonly providers: readonly InboundProvider[],
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly metrics: InboxMetrics,
  ) {}

  /** Until nothing is due. Returns how many tries were made. Any number of processes may do so at once. */
  async execute(goesOn: () => boolean = () => true): Promise<number> {
    let tries = 0;
    while (goesOn()) {
      const claimed = await this.claim();
      if (claimed.length === 0) break;
      await Promise.all(claimed.map((event) => this.try(event)));
      tries += claimed.length;
    }
    return tries;
  }

  private async claim(): Promise<ClaimedEvent[]> {
    try {
      return await claimEvents(this.dataSource, lanesAtOnce, leaseSeconds);
    } catch (error) {
      // Another worker took an event of the same lane at the same instant; what is left is seen at the next look.
      if (databaseError(error).constraint === 'uq_inbound_events_lane_in_progress') return [];
      throw error;
    }
  }

  private async try(event: ClaimedEvent): Promise<void> {
    const fields = { event_id: event.eventId, type: event.type, attempt: event.attempts };
    try {
      const provider: Actor = { type: `${event.provider.toLowerCase()}_webhook`, id: event.eventId, address: null };
      const applied = await withActor(provider, () => this.apply(event));
      if ('ignored' in applied) await this.ignore(event, applied.ignored);
      else if ('deferred' in applied) {
        await this.defer(event, applied);
      } else {
        this.metrics.worked('PROCESSED');
        log.info(`inbound event processed: ${applied.outcome}`, fields);
      }
    } catch (error) {
      if (error instanceof ClaimLost) return;
      log.warn('inbound event failed', { ...fields, reason: error instanceof Error ? error.stack : String(error) });
      await this.postpone(event, 'FAILED', error instanceof Error ? error.message : String(error));
    }
  }

  /** Asks the provider between transactions, never inside one. */
  private async apply(event: ClaimedEvent): Promise<Applied> {
    const provider = this.providers.find(({ name }) => name === event.provider);
    if (!provider) throw new Error(`nobody applies events of ${event.provider}`);
    const facts = new Map<string, Fact>();
    for (;;) {
      try {
        return await this.unitOfWork.run(async (tx) => {
          await waitForLane(tx, event);
          const applied = await provider.apply(tx, event, facts);
          if ('deferred' in applied || 'ignored' in applied) throw new PutOff(applied);
          if (!(await markEventProcessed(tx, event, applied.outcome, applied.organizationId ?? null))) throw new ClaimLost();
          if (applied.changed) await wakeDeferred(tx, event);
          return applied;
        });
      } catch (error) {
        if (error instanceof PutOff) return error.applied;
        if (!(error instanceof NeedsFact) || facts.has(error.question) || facts.size === maxQuestions) throw error;
        const askedAt = await readDatabaseTime(this.dataSource);
        facts.set(error.question, { askedAt, value: await provider.ask(error.question) });
      }
    }
  }

  private async defer(event: ClaimedEvent, { deferred, organizationId = null, isForeign = false }: Deferred): Promise<void> {
    if (isForeign && pauseAfter(event.attempts, { isForeign }) === undefined) return this.ignore(event, deferred);
    await this.postpone(event, 'DEFERRED', deferred, { organizationId, isForeign });
    log.warn(`inbound event deferred: ${deferred}`, { event_id: event.eventId, type: event.type, attempt: event.attempts });
  }

  /** Somebody else's: the account is shared, or there are others connected to it. */
  private async ignore(event: ClaimedEvent, error: string): Promise<void> {
    this.metrics.worked('IGNORED');
    await postponeEvent(this.dataSource, event, { status: 'IGNORED', inMs: 0, error, organizationId: null });
    log.info(`inbound event ignored: ${error}`, { event_id: event.eventId, type: event.type });
  }

  private async postpone(
    event: ClaimedEvent,
    wanted: 'DEFERRED' | 'FAILED',
    error: string,
    { organizationId = null, isForeign = false }: Pick<Deferred, 'organizationId' | 'isForeign'> = {},
  ): Promise<void> {
    const inMs = pauseAfter(event.attempts, { isForeign });
    const status = inMs === undefined ? 'DEAD' : wanted;
    if (status === 'DEAD')
      log.error('inbound event given up; replay it once the cause is gone', undefined, { event_id: event.eventId });
    this.metrics.worked(status);
    await postponeEvent(this.dataSource, event, { status, inMs: inMs ?? 0, error, organizationId });
  }
}
