import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { EventsClient, RefusedEvents } from './events-client.ts';
import { ImportError, type ImportMapping } from './import-mapping.ts';
import { advice, type ImportRow, readRows, UnreadableLine } from './import-rows.ts';
import { ImportOperation } from './import-operation.ts';
import { ImportState } from './import-state.ts';

export interface EventsImport {
  readonly file: string;
  readonly mapping: ImportMapping;
  /** Of Florin, without path. */
  readonly url: string;
  readonly key: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Waits between attempts; a test need not. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

export interface ImportProgress {
  /** Rows that are stored, those of an interrupted attempt included. */
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ImportReport {
  readonly rows: number;
  /** Sent now; the others were stored by an attempt that was interrupted. */
  readonly sentEvents: number;
  readonly resumedAfterRow: number;
}

const eventsPerBatch = 500;

/**
 * Sends a CSV file to Florin as usage events, in order, over the public API. Interrupted anywhere, the same call goes on; events
 * that had arrived without their answer are sent again and recognized by their transaction ids.
 * @throws ImportError that says which line is wrong and what to do
 */
export async function importEvents(job: EventsImport): Promise<ImportReport> {
  const operation = new ImportOperation(job.url, job.key);
  await operation.open();
  try {
    const report = await sendFile(job, operation);
    await operation.complete({ rows: report.rows, sent_events: report.sentEvents });
    return report;
  } catch (error) {
    await operation.fail(error);
    throw error;
  }
}

async function sendFile(job: EventsImport, operation: ImportOperation): Promise<ImportReport> {
  const client = new EventsClient(job.url, job.key, job.pause);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([job.url, job.key, job.mapping]))
    .digest('hex');
  const state = new ImportState(job.file, fingerprint);
  const resumedAfterRow = await state.confirmedRow(client);
  const totalBytes = await sizeOf(job.file);
  const rowsPerBatch = Math.max(1, Math.floor(eventsPerBatch / job.mapping.events.length));
  let rows = resumedAfterRow;
  let sentEvents = 0;
  const send = async (batch: readonly ImportRow[]): Promise<void> => {
    const last = batch.at(-1);
    if (!last) return;
    const events = batch.flatMap((row) => row.events);
    await client.send(events).catch((error: unknown) => {
      throw error instanceof RefusedEvents ? refusedLine(error, batch, job.mapping.events.length) : error;
    });
    sentEvents += events.length;
    rows = last.number;
    await state.confirm(rows, last.events[0]!);
    job.onProgress?.({ rows, bytes: last.bytes, totalBytes });
    await operation.progress(rows, totalBytes === 0 ? 100 : Math.floor((last.bytes * 100) / totalBytes));
  };

  let batch: ImportRow[] = [];
  try {
    for await (const row of readRows(job.file, job.mapping, resumedAfterRow)) {
      batch.push(row);
      if (batch.length < rowsPerBatch) continue;
      const full = batch;
      batch = [];
      await send(full);
    }
  } catch (error) {
    // What comes before a line that cannot be read is good, and stays done.
    if (error instanceof UnreadableLine) await send(batch);
    throw error;
  }
  await send(batch);
  await state.forget();
  return { rows, sentEvents, resumedAfterRow };
}

function refusedLine({ codesByField }: RefusedEvents, batch: readonly ImportRow[], eventsPerRow: number): ImportError {
  const [first] = Object.entries(codesByField)
    .map(([field, codes]) => ({
      position: Number(/^events\.(\d+)\./.exec(field)?.[1] ?? 0),
      field: field.replace(/^events\.\d+\./, ''),
      codes,
    }))
    .toSorted((a, b) => a.position - b.position);
  const row = batch[Math.floor((first?.position ?? 0) / eventsPerRow)];
  const event = row?.events[(first?.position ?? 0) % eventsPerRow];
  if (first?.codes.includes('billable_metric_not_found'))
    return new ImportError(
      `There is no billable metric "${event?.code}" (line ${row?.line}). Create it, or correct the mapping, and start the same command again.`,
    );
  return new ImportError(
    `Line ${row?.line}: Florin refused ${first?.field} of event "${event?.code}": ${first?.codes.join(', ')}. ${advice}`,
  );
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    throw new ImportError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
