import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { collectMissingStatistics } from '../../platform/database/missing-statistics.ts';
import { queryIn, queryOn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { withLogContext } from '../../platform/logging/log.ts';
import type { WorkerLine } from '../../platform/logging/worker-log.ts';
import { BillBatch } from './bill-batch.ts';
import { beatRun, cancelRun, completeRun, noteFound, openRun, type Run, type RunToOpen } from './billing-runs.store.ts';
import { countDueSubscriptions, settleBilled } from './due-subscriptions.store.ts';
import { reportBatch, reportFound } from './run-lines.ts';

/** Large enough that round trips vanish, small enough that a lost worker loses little (docs/decisions/0006). */
const batchSize = 500;
/** How long a worker waits for rows that others hold before it looks again. */
const lookAgainMs = 100;

/** A run that is silent for several of these has no process any more. */
const heartbeatMs = 5_000;

export interface RunResult {
  readonly found: number;
  readonly successful: number;
  readonly failed: number;
}

/** Hears how far a run is; false asks it to stop after the batch in hand. */
export type RunProgress = (done: number, found: number) => Promise<boolean> | boolean;

/** Works a run until nothing of it is due, with several workers here and any number in other processes. */
@Injectable()
export class RunBilling implements BeforeApplicationShutdown {
  private stopping = false;
  private readonly working = new Set<Promise<unknown>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly billBatch: BillBatch,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether this process is being shut down: no further run is begun. */
  get isStopping(): boolean {
    return this.stopping;
  }

  /** The run of a request that is taken up again is the one that it opened. */
  open(run: RunToOpen): Promise<Run> {
    return this.unitOfWork.run((tx) => openRun(queryIn(tx), run));
  }

  /** What a run that was asked to stop has not billed stays due, for the next one. */
  async execute(run: Run, lines: WorkerLine, onProgress: RunProgress = () => true): Promise<RunResult> {
    const beat = () => void beatRun(queryOn(this.dataSource), run).catch(() => undefined);
    const heart = setInterval(beat, heartbeatMs).unref();
    const work = withLogContext({ run_id: run.id, organization_id: run.organizationId }, () => this.work(run, lines, onProgress));
    this.working.add(work);
    try {
      return await work;
    } finally {
      clearInterval(heart);
      this.working.delete(work);
    }
  }

  /** The batch in hand is finished; the run stays open and is taken up again at the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.working);
  }

  private async work(run: Run, lines: WorkerLine, onProgress: RunProgress): Promise<RunResult> {
    const query = queryOn(this.dataSource);
    const scope = { organizationId: run.organizationId, asOf: run.asOf, runId: run.id };
    const found = await countDueSubscriptions(query, scope);
    await noteFound(query, run, found);
    reportFound(lines, found);
    const total = { successful: 0, failed: 0 };
    let isCounted = found <= batchSize;
    let isWanted = await onProgress(0, found);
    const worker = async (): Promise<void> => {
      while (!this.stopping && isWanted) {
        const result = await this.billBatch.execute(run, batchSize);
        total.successful += result.billed.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
        total.failed += result.failed.length;
        reportBatch(lines, result);
        if (!(await onProgress(total.successful + total.failed, found))) isWanted = false;
        if (result.claimed > 0 && !isCounted) {
          isCounted = true;
          await collectMissingStatistics(this.dataSource);
        }
        if (result.claimed > 0) continue;
        if ((await countDueSubscriptions(query, scope)) === 0) return;
        await pause(lookAgainMs);
      }
    };
    await Promise.all(Array.from({ length: this.config.billingWorkers }, worker));
    if (!isWanted) lines.info('Cancelled: what is not billed yet stays due');
    if (!isWanted) await cancelRun(query, run);
    else if (!this.stopping) await completeRun(query, run);
    await settleBilled(query, scope);
    return { found, ...total };
  }
}
