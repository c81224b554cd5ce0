import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { columnsOf, type CsvRow, eventsOfRow, ImportError, type ImportMapping, type WireEvent } from './import-mapping.ts';

export interface ImportRow {
  readonly number: number;
  readonly line: number;
  readonly bytes: number;
  readonly events: readonly WireEvent[];
}

export const advice = 'Correct it and start the same command again: it goes on from there, and nothing is counted twice.';

/** A line that is no row, or whose time cannot be read; what was read before it is good. */
export class UnreadableLine extends ImportError {}

/** The rows after a row, in order, with their events. @throws UnreadableLine */
export async function* readRows(file: string, mapping: ImportMapping, afterRow: number): AsyncGenerator<ImportRow> {
  const prefix = mapping.transaction_prefix ?? basename(file);
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    columns: (header: string[]) => {
      const missing = columnsOf(mapping).filter((column) => !header.includes(column));
      if (missing.length > 0) throw new ImportError(`${file} has no column ${missing.join(', ')}; it has ${header.join(', ')}.`);
      return header;
    },
  });
  pipeline(createReadStream(file), parser, () => undefined);
  let number = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: CsvRow; info: { lines: number; bytes: number } }>) {
      number++;
      if (number > afterRow)
        yield { number, line: info.lines, bytes: info.bytes, events: readRow(mapping, prefix, number, record, info.lines) };
    }
  } catch (error) {
    if (error instanceof CsvError) throw new UnreadableLine(`${file}: ${error.message}. ${advice}`, { cause: error });
    throw error;
  }
}

function readRow(mapping: ImportMapping, prefix: string, number: number, record: CsvRow, line: number): WireEvent[] {
  try {
    return eventsOfRow(mapping, prefix, number, record);
  } catch (error) {
    if (error instanceof ImportError) throw new UnreadableLine(`Line ${line}: ${error.message}. ${advice}`, { cause: error });
    throw error;
  }
}
