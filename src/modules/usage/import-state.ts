import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { EventsClient } from './events-client.ts';
import { ImportError, type WireEvent } from './import-mapping.ts';

interface Confirmed {
  /** Of the import: where to, with which key, by which mapping. */
  readonly fingerprint: string;
  readonly row: number;
  /** Of that row; asked for before anything is skipped. */
  readonly event: Pick<WireEvent, 'transaction_id' | 'external_subscription_id'>;
}

/** What is known to be stored, in a small file beside the CSV file until the import is through. */
export class ImportState {
  private readonly path: string;

  constructor(
    csvFile: string,
    private readonly fingerprint: string,
  ) {
    this.path = `${csvFile}.florin-import.json`;
  }

  /** The row after which to go on: 0 unless the very same import was interrupted and Florin still has the last event it confirmed. */
  async confirmedRow(client: EventsClient): Promise<number> {
    try {
      const state = JSON.parse(await readFile(this.path, 'utf8')) as Confirmed;
      if (state.fingerprint !== this.fingerprint) return 0;
      return (await client.has(state.event)) ? state.row : 0;
    } catch (error) {
      if (error instanceof ImportError) throw error;
      return 0;
    }
  }

  /** Never half written. */
  async confirm(row: number, { transaction_id, external_subscription_id }: WireEvent): Promise<void> {
    const state: Confirmed = { fingerprint: this.fingerprint, row, event: { transaction_id, external_subscription_id } };
    await writeFile(`${this.path}.new`, JSON.stringify(state));
    await rename(`${this.path}.new`, this.path);
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
