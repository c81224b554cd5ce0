import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { runStatement } from '../database/sql.ts';
import { bytesOf, valueOf } from './kept-values.ts';
import { clear, opened, sealed } from './seal.ts';

/** The attempt's number is its fence: once another attempt has taken the key over, this one can commit nothing. */
const keep = {
  name: 'idempotency.keep',
  text: `update idempotency_keys set outcomes[$3] = $4 where id = $1 and attempt = $2 and response_status is null returning id`,
};

/** What the key's row says when an attempt takes it on. */
export interface ClaimedKey {
  readonly id: string;
  readonly attempt: number;
  /** What the request's transactions came to in earlier attempts, by their order. */
  readonly outcomes: readonly (Buffer | null)[];
}

/** One transaction of a request. */
export interface Step {
  /** What it came to when an earlier attempt committed it. */
  readonly earlier: { readonly outcome: unknown } | undefined;
  /** Runs its work: transactions that begin inside are no steps of the request. */
  within<T>(work: () => Promise<T>): Promise<T>;
  /** Writes in the transaction what it comes to. @throws BillingError idempotency_key_in_flight when another attempt has taken over */
  keep(tx: EntityManager, outcome: unknown): Promise<void>;
}

/** One try of a request that has an Idempotency-Key. */
export class Attempt {
  private taken = 0;
  private isOver = false;
  private showsSecret = false;

  /** `secret`: what the caller proves itself with; it is stored nowhere. */
  constructor(
    readonly key: ClaimedKey,
    private readonly secret: string,
  ) {}

  /** Runs the request. What outlives it takes no steps any more. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await storage.run({ attempt: this, takesSteps: true }, work);
    } finally {
      this.isOver = true;
    }
  }

  /** Some of what earlier attempts committed was not asked for by this one: it went another way. */
  get isAstray(): boolean {
    return this.key.outcomes.some((outcome, position) => outcome !== null && position >= this.taken);
  }

  sealIfSecret(bytes: Buffer): Buffer {
    return this.showsSecret ? sealed(bytes, this.secret) : clear(bytes);
  }

  noteSecret(): void {
    this.showsSecret = true;
  }

  /** Undefined once the request is answered. */
  nextStep(): Step | undefined {
    if (this.isOver) return undefined;
    const position = this.taken++;
    const { id, attempt, outcomes } = this.key;
    const stored = outcomes[position];
    return {
      earlier: stored ? { outcome: this.read(stored) } : undefined,
      within: (work) => storage.run({ attempt: this, takesSteps: false }, work),
      keep: async (tx, outcome) => {
        const values = [id, attempt, position + 1, this.sealIfSecret(bytesOf(outcome))];
        if ((await runStatement(tx, keep, values)).length === 0) throw new BillingError('idempotency_key_in_flight');
      },
    };
  }

  /** @throws BillingError idempotency_key_reused when it holds a secret that was made for another caller */
  private read(stored: Buffer): unknown {
    if (stored[0] === 1) this.noteSecret();
    const bytes = opened(stored, this.secret);
    if (!bytes) throw new BillingError('idempotency_key_reused');
    return valueOf(bytes);
  }
}

const storage = new AsyncLocalStorage<{ readonly attempt: Attempt; readonly takesSteps: boolean } | undefined>();

/** The next transaction of the request that runs here; undefined when it has no Idempotency-Key. */
export function nextStep(): Step | undefined {
  const place = storage.getStore();
  return place?.takesSteps ? place.attempt.nextStep() : undefined;
}

/** Work that finds by itself where it stopped, such as a run over what is due: its transactions are not kept by the request's key. */
export const withoutSteps = <T>(work: () => T): T => storage.run(undefined, work);

/** A secret that its owner sees this once. What the request's key keeps is sealed from here on. */
export function shownOnce<T>(secret: T): T {
  storage.getStore()?.attempt.noteSecret();
  return secret;
}
