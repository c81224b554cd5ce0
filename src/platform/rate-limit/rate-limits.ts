import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Counter } from 'prom-client';
import { Clock } from '../clock/clock.ts';
import { CONFIG, type Config } from '../config/config.ts';
import { readStatement, writeStatement } from '../database/sql.ts';
import { Metrics } from '../health/metrics.ts';
import { log } from '../logging/log.ts';
import type { RateCategory } from './rate-categories.ts';

const windowMs = 60_000;
/** Limits below this are counted one by one, exactly; above it a process takes requests in advance, this share of the limit at a time. */
const exactBelow = 1_000;
const share = 1 / 20;
const maxBuckets = 50_000;

export interface Verdict {
  readonly allowed: boolean;
  readonly limit: number;
  /** How many are left as far as this process knows. */
  readonly remaining: number;
  /** Seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/** One caller in one minute, as this process knows it. */
interface Bucket {
  /** Taken from the shared counter and not yet used. */
  leased: number;
  /** What the shared counter had left after the last time we asked. */
  left: number;
  /** On its way: whoever comes meanwhile waits for it instead of taking a share as well. */
  lease: Promise<boolean> | undefined;
}

const take = {
  name: 'rate_limits.take',
  text: `insert into rate_limit_windows as w (bucket, window_start, taken) values ($1, $2, $3)
    on conflict (bucket, window_start) do update set taken = w.taken + excluded.taken returning taken`,
};
const sweep = { name: 'rate_limits.sweep', text: 'delete from rate_limit_windows where window_start < $1' };

/**
 * Requests a minute by category and caller, counted in PostgreSQL for all processes together. Never more than the limit pass; with
 * large limits somewhat fewer may, because what one process took in advance another cannot use.
 */
@Injectable()
export class RateLimits {
  private windowStart = 0;
  private buckets = new Map<string, Bucket>();
  private readonly refused: Counter<'category'>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    metrics: Metrics,
  ) {
    this.refused = new Counter({
      name: 'florin_rate_limited_total',
      help: 'Requests refused because their caller made too many.',
      labelNames: ['category'] as const,
      registers: [metrics.registry],
    });
  }

  /** Undefined where there is no limit. When the database cannot count, the request passes: it will meet the outage itself. */
  async count(category: RateCategory, caller: string): Promise<Verdict | undefined> {
    const limit = this.config.rateLimits[category];
    if (limit === 0) return undefined;
    const now = this.clock.now().epochMilliseconds;
    this.turn(now);
    const name = `${category} ${caller}`;
    const bucket = this.buckets.get(name) ?? this.open(name, limit);
    // Somebody else may have used what we took while we waited for it.
    let isCounted = true;
    while (isCounted && bucket.leased === 0 && bucket.left > 0)
      isCounted = await (bucket.lease ??= this.lease(name, bucket, limit));
    const allowed = bucket.leased > 0 || !isCounted;
    if (bucket.leased > 0) bucket.leased -= 1;
    if (!allowed) this.refused.inc({ category });
    return { allowed, limit, remaining: bucket.leased + bucket.left, resetSeconds: this.resetSeconds(now) };
  }

  /** The refusal of a caller that has used up its minute as far as this process knows; asks nobody and counts nothing. */
  refusalOf(category: RateCategory, caller: string): Verdict | undefined {
    const now = this.clock.now().epochMilliseconds;
    this.turn(now);
    const bucket = this.buckets.get(`${category} ${caller}`);
    if (!bucket || bucket.leased + bucket.left > 0) return undefined;
    this.refused.inc({ category });
    return { allowed: false, limit: this.config.rateLimits[category], remaining: 0, resetSeconds: this.resetSeconds(now) };
  }

  private resetSeconds(now: number): number {
    return Math.max(1, Math.ceil((this.windowStart + windowMs - now) / 1_000));
  }

  /** A new minute forgets the last one, here and in the database. */
  private turn(now: number): void {
    const start = Math.floor(now / windowMs) * windowMs;
    if (start === this.windowStart) return;
    this.windowStart = start;
    this.buckets = new Map();
    void writeStatement(this.dataSource, sweep, [new Date(start - windowMs)]).catch(() => undefined);
  }

  private open(name: string, limit: number): Bucket {
    if (this.buckets.size >= maxBuckets) this.buckets.clear();
    const bucket = { leased: 0, left: limit, lease: undefined };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** False when the database could not count. */
  private async lease(name: string, bucket: Bucket, limit: number): Promise<boolean> {
    const wanted = limit < exactBelow ? 1 : Math.ceil(limit * share);
    try {
      const [row] = await readStatement<{ taken: string }>(this.dataSource, take, [name, new Date(this.windowStart), wanted]);
      const takenBefore = Number(row?.taken ?? wanted) - wanted;
      bucket.leased += Math.max(0, Math.min(wanted, limit - takenBefore));
      bucket.left = Math.max(0, limit - takenBefore - wanted);
      return true;
    } catch (error) {
      log.warn('requests cannot be counted right now; they pass', {
        reason: error instanceof Error ? error.message : String(error),
      });
      return false;
    } finally {
      bucket.lease = undefined;
    }
  }
}
