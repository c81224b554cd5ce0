import { ImportError } from './import-mapping.ts';

const timeoutMs = 10_000;

interface Told {
  readonly operation?: { readonly id: string; readonly cancel_requested: boolean };
}

/** Somebody asked it to stop. */
class ImportCancelled extends ImportError {
  constructor(readonly rows: number) {
    super(`It was cancelled after ${rows} rows. Start the same command again to go on.`);
  }
}

/** The import as an operation that others follow and cancel. What cannot be told holds no import up. */
export class ImportOperation {
  private id: string | undefined;

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async open(): Promise<void> {
    this.id = (await this.call('', { operation_type: 'events_import' }))?.operation?.id;
  }

  /** @throws ImportCancelled when somebody asked it to stop; what is stored stays, and the same command goes on after it */
  async progress(rows: number, percent: number): Promise<void> {
    const told = await this.tell('/progress', { message: `${rows} rows`, progress_percent: percent });
    if (told?.operation?.cancel_requested) throw new ImportCancelled(rows);
  }

  async complete(result: object): Promise<void> {
    await this.tell('/complete', { result });
  }

  /** One that was cancelled has ended with what it did. */
  async fail(error: unknown): Promise<void> {
    if (error instanceof ImportCancelled) return this.complete({ rows: error.rows });
    const message = error instanceof Error ? error.message : String(error);
    await this.tell('/fail', { error: message.slice(0, 255), error_type: 'import_failed' });
  }

  private async tell(path: string, operation: object): Promise<Told | undefined> {
    return this.id === undefined ? undefined : this.call(`/${this.id}${path}`, operation);
  }

  private async call(path: string, operation: object): Promise<Told | undefined> {
    try {
      const response = await fetch(`${this.url.replace(/\/+$/, '')}/api/v1/operations${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ operation }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      return response.ok ? ((await response.json()) as Told) : undefined;
    } catch {
      return undefined;
    }
  }
}
