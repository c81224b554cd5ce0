import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { columnsOf, eventsOfRow, ImportError, type ImportMapping, type WireEvent } from './import-mapping.ts';

export interface ImportRow {
  readonly number: number;
  readonly line: number;
  readonly bytes: number;
  readonly events: readonly WireEvent[];
}

export const advice = 'Correct it and start the same command again: it goes on from there, and nothing is counted twice.';

/** A line that is no row, or whose time cannot be read; what was read before it is good. */
export class UnreadableLine extends ImportError {}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/** The rows after a row, in order, with their events. @throws UnreadableLine */
export async function* readRows(file: string, mapping: ImportMapping, afterRow: number): AsyncGenerator<ImportRow> {
  const prefix = mapping.transaction_prefix ?? basename(file);
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, relax_column_count: true });
  pipeline(createReadStream(file), parser, () => undefined);
  let header: readonly string[] | undefined;
  let number = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      if (header === undefined) {
        header = record;
        checkHeader(file, mapping, header);
        continue;
      }
      number++;
      if (number <= afterRow) continue;
      yield {
        number,
        line: info.lines,
        bytes: info.bytes,
        events: readRow(mapping, `${prefix}:${number}`, header, { record, info }),
      };
    }
  } catch (error) {
    if (error instanceof CsvError) throw new UnreadableLine(`${file}: ${error.message}. ${advice}`, { cause: error });
    throw error;
  }
}

function checkHeader(file: string, mapping: ImportMapping, header: readonly string[]): void {
  const missing = columnsOf(mapping).filter((column) => !header.includes(column));
  if (missing.length > 0) throw new ImportError(`${file} has no column ${missing.join(', ')}; it has ${header.join(', ')}.`);
}

function readRow(mapping: ImportMapping, prefix: string, header: readonly string[], { record, info }: Parsed): WireEvent[] {
  try {
    if (record.length !== header.length) throw new ImportError(`there are ${record.length} columns instead of ${header.length}`);
    const row = Object.fromEntries(header.map((column, position) => [column, record[position] ?? '']));
    return eventsOfRow(mapping, prefix, row);
  } catch (error) {
    if (error instanceof ImportError)
      throw new UnreadableLine(`Line ${info.lines}: ${error.message}. ${advice}`, { cause: error });
    throw error;
  }
}
