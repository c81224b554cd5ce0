/** One request that came to the API, as it is shown afterwards. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  /** The form as it came. */
  readonly form: string;
  readonly idempotencyKey: string | null;
  /** Of the answer; 0 where the connection was cut. */
  readonly status: number;
}

const most = 10_000;

/** The latest requests, oldest first: what was really asked of Stripe. */
export class Requests {
  private seen: SeenRequest[] = [];

  keep(request: SeenRequest): void {
    this.seen.push(request);
    if (this.seen.length > most) this.seen.shift();
  }

  list(): readonly SeenRequest[] {
    return this.seen;
  }

  clear(): void {
    this.seen = [];
  }
}
