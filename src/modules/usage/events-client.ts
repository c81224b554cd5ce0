import { setTimeout as wait } from 'node:timers/promises';
import { ImportError, type WireEvent } from './import-mapping.ts';

const attempts = 8;
const timeoutMs = 60_000;
const passing = new Set([429, 502, 503, 504]);

/** Fields of refused events by their position in the batch. */
export class RefusedEvents extends Error {
  override readonly name = 'RefusedEvents';

  constructor(readonly codesByField: Readonly<Record<string, readonly string[]>>) {
    super(`events refused: ${JSON.stringify(codesByField)}`);
  }
}

/** Florin's public API as the import uses it: what may pass is tried again, with longer and longer pauses. */
export class EventsClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly pause: (ms: number) => Promise<unknown> = wait,
  ) {}

  /** @throws RefusedEvents when the batch was refused and nothing of it was stored, ImportError when Florin cannot be used at all */
  async send(events: readonly WireEvent[]): Promise<void> {
    const answer = await this.call('POST', '/api/v1/events/batch', JSON.stringify({ events }));
    if (answer.status === 200) return;
    const { code, error_details: details } = readError(answer.text);
    if (answer.status === 422 && details) throw new RefusedEvents(details);
    throw this.unusable(answer.status, code);
  }

  async has(event: Pick<WireEvent, 'transaction_id' | 'external_subscription_id'>): Promise<boolean> {
    const query = new URLSearchParams({ external_subscription_id: event.external_subscription_id });
    const answer = await this.call('GET', `/api/v1/events/${encodeURIComponent(event.transaction_id)}?${query}`);
    if (answer.status === 200 || answer.status === 404) return answer.status === 200;
    throw this.unusable(answer.status, readError(answer.text).code);
  }

  private async call(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    for (let attempt = 1; ; attempt++) {
      let trouble: string;
      let pauseMs = Math.min(250 * 2 ** (attempt - 1), 15_000);
      try {
        const response = await fetch(`${this.url.replace(/\/+$/, '')}${path}`, {
          method,
          headers: { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          ...(body === undefined ? {} : { body }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        const text = await response.text();
        if (!passing.has(response.status)) return { status: response.status, text };
        trouble = `it answered ${response.status}`;
        pauseMs = Math.max(pauseMs, Math.min(Number(response.headers.get('retry-after')) || 0, 60) * 1000);
      } catch (error) {
        const { message, cause } = error as Error;
        trouble = cause instanceof Error ? cause.message || message : message;
      }
      if (attempt === attempts)
        throw new ImportError(
          `${this.url} could not be reached in ${attempts} attempts (${trouble}). Start the same command again to go on.`,
        );
      await this.pause(pauseMs);
    }
  }

  private unusable(status: number, code: string | undefined): ImportError {
    if (status === 401) return new ImportError(`${this.url} does not know this key: give --key an API key of the organization.`);
    return new ImportError(
      `${this.url} answered ${status}${code === undefined ? '' : ` ${code}`}: is this the address of Florin?`,
    );
  }
}

function readError(text: string): { code?: string; error_details?: Record<string, string[]> } {
  try {
    return JSON.parse(text) as { code?: string; error_details?: Record<string, string[]> };
  } catch {
    return {};
  }
}
