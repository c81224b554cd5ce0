import { chmod, createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock/clock.ts';
import { CONFIG, type Config } from '../config/config.ts';
import { log } from './log.ts';
import { oneLine } from './one-line.ts';

/** Its owner writes, its group reads: customers' names and totals are nobody else's. */
const readableMode = 0o640;

export interface WorkerLine {
  /** Values of others within the message go through `oneField`. */
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface WorkerRun {
  readonly runId: string;
  /** Absent where it works for all. */
  readonly organizationId?: string;
  readonly mode?: 'LIVE' | 'TEST';
}

/**
 * What operators read: `[INFO] worker.<name> | run_id=<8 hex> | <message> | organization=<id> | mode=<live|test> | at=<time>` in
 * `logs/workers/<name>.log`, and the same as a JSON line on standard output. One call is one line, whatever the message holds.
 * Writing never slows or fails a run: lines go to a stream, and a file that cannot be written is reported once and then left alone.
 */
@Injectable()
export class WorkerLog implements OnApplicationShutdown {
  private readonly streams = new Map<string, WriteStream | null>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Lines of one run of one worker; the run is named by the last eight hex digits of its id. */
  of(worker: string, { runId, organizationId, mode }: WorkerRun): WorkerLine {
    const run = runId.slice(-8);
    const whose = organizationId === undefined ? '' : ` | organization=${organizationId}`;
    const how = mode === undefined ? '' : ` | mode=${mode.toLowerCase()}`;
    const ids = {
      worker,
      run_id: run,
      ...(organizationId === undefined ? {} : { organization_id: organizationId }),
      ...(mode === undefined ? {} : { mode: mode.toLowerCase() }),
    };
    const write = (level: 'info' | 'error', message: string, fields: Record<string, unknown> = {}): void => {
      const line = `[${level.toUpperCase()}] worker.${worker} | run_id=${run} | ${oneLine(message)}${whose}${how} | at=${this.clock.now().toString()}`;
      this.streamOf(worker)?.write(`${line}\n`);
      if (level === 'error') log.error(message, undefined, { ...ids, ...fields });
      else log.info(message, { ...ids, ...fields });
    };
    return {
      info: (message, fields) => write('info', message, fields),
      error: (message, fields) => write('error', message, fields),
    };
  }

  /** After the jobs have ended. Resolves when everything written so far is with the operating system. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.streams.values()].map((stream) => stream && new Promise<void>((done) => stream.end(done))));
    this.streams.clear();
  }

  private streamOf(worker: string): WriteStream | null {
    const known = this.streams.get(worker);
    if (known !== undefined) return known;
    const path = workerLogPath(this.config.logDir, worker);
    try {
      mkdirSync(join(this.config.logDir, 'workers'), { recursive: true, mode: 0o750 });
    } catch (error) {
      return this.disable(worker, path, error);
    }
    const stream = createWriteStream(path, { flags: 'a', mode: readableMode });
    // Of a file that was there before; where it belongs to somebody else, that one decides.
    stream.once('open', () => chmod(path, readableMode, () => undefined));
    stream.on('error', (error) => this.disable(worker, path, error));
    this.streams.set(worker, stream);
    return stream;
  }

  private disable(worker: string, path: string, error: unknown): null {
    log.warn('the worker log cannot be written; the run goes on without it', {
      path,
      reason: error instanceof Error ? error.message : String(error),
    });
    this.streams.set(worker, null);
    return null;
  }
}

export const workerLogPath = (logDir: string, worker: string): string => join(logDir, 'workers', `${worker}.log`);
