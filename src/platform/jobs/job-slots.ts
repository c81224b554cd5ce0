import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../clock/clock.ts';
import { newId } from '../database/ids.ts';
import { readStatement } from '../database/sql.ts';

export interface JobState {
  readonly lastRun: Date | null;
  /** Failures since the last success; slots whose process was killed among them. */
  readonly consecutiveFailures: number;
}

/** Every process that wakes for a slot writes to its one row; a failure of any of them shows until the next slot succeeds. */
const start = {
  name: 'job_runs.start',
  text: `insert into job_runs (id, job, scheduled_for, status, started_at) values ($1, $2, $3, 'RUNNING', $4) on conflict do nothing`,
};

const finish = {
  name: 'job_runs.finish',
  text: `update job_runs set status = case when status = 'FAILED' then status else $3 end, finished_at = $4, error = coalesce($5, error)
    where job = $1 and scheduled_for = $2`,
};

const state = {
  name: 'job_runs.state',
  text: `select max(started_at) as last_run, (count(*) filter (where (status = 'FAILED' or (status = 'RUNNING' and started_at < $3)) and scheduled_for > coalesce((select max(s.scheduled_for) from job_runs s
      where s.job = $1 and s.status = 'COMPLETED'), '-infinity')))::int as failures from job_runs where job = $1 and started_at > $2`,
};

/** A slot that has run for so long has lost its process: it counts as a failure. */
const killedAfterMs = 3_600_000;
/** Remembered for this long; older slots are removed as new ones come. */
const keptForMs = 30 * 86_400_000;

/** The history of scheduled jobs, one row a slot, whatever the number of processes. */
@Injectable()
export class JobSlots {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Runs `work` as this slot of the job and remembers how it went. @throws what `work` throws */
  async run<T>(job: string, scheduledFor: Date, work: () => Promise<T>): Promise<T> {
    await readStatement(this.dataSource, start, [newId(), job, scheduledFor, dateOf(this.clock.now())]);
    try {
      const result = await work();
      await this.finish(job, scheduledFor, 'COMPLETED', null);
      return result;
    } catch (error) {
      await this.finish(job, scheduledFor, 'FAILED', error instanceof Error ? error.message : String(error)).catch(
        () => undefined,
      );
      throw error;
    }
  }

  async state(job: string): Promise<JobState> {
    const now = this.clock.now().epochMilliseconds;
    const since = new Date(now - keptForMs);
    const [row] = await readStatement<{ last_run: Date | null; failures: number }>(this.dataSource, state, [
      job,
      since,
      new Date(now - killedAfterMs),
    ]);
    return { lastRun: row?.last_run ?? null, consecutiveFailures: row?.failures ?? 0 };
  }

  private async finish(job: string, scheduledFor: Date, status: 'COMPLETED' | 'FAILED', error: string | null): Promise<void> {
    const now = dateOf(this.clock.now());
    await readStatement(this.dataSource, finish, [job, scheduledFor, status, now, error]);
    await this.dataSource.query('delete from job_runs where job = $1 and started_at < $2', [
      job,
      new Date(now.getTime() - keptForMs),
    ]);
  }
}
