import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { Temporal } from 'temporal-polyfill';

/** What the operator can repair; the message says how. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

type Constant = string | number | boolean;
interface Column {
  readonly column: string;
}

/** How a line of a CSV file becomes events. */
export interface ImportMapping {
  /** `zone` is an IANA name for times that carry none. */
  readonly timestamp: Column & { readonly zone?: string };
  readonly external_subscription_id: string | Column;
  /** Begins every transaction id; the file's name when absent. */
  readonly transaction_prefix?: string;
  readonly events: readonly {
    readonly code: string;
    readonly properties?: Readonly<Record<string, Constant | Column>>;
  }[];
}

type CsvRow = Readonly<Record<string, string>>;

/** An event as POST /api/v1/events/batch takes it. */
export interface WireEvent {
  readonly transaction_id: string;
  readonly external_subscription_id: string;
  readonly code: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, Constant>>;
}

const text = { type: 'string', minLength: 1 } as const;
const column = { type: 'object', required: ['column'], additionalProperties: false, properties: { column: text } } as const;

const isMapping = new Ajv({ allErrors: true, allowUnionTypes: true }).compile<ImportMapping>({
  type: 'object',
  required: ['timestamp', 'external_subscription_id', 'events'],
  additionalProperties: false,
  properties: {
    timestamp: { type: 'object', required: ['column'], additionalProperties: false, properties: { column: text, zone: text } },
    external_subscription_id: { anyOf: [text, column] },
    transaction_prefix: text,
    events: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: {
        type: 'object',
        required: ['code'],
        additionalProperties: false,
        properties: {
          code: text,
          properties: { type: 'object', additionalProperties: { anyOf: [{ type: ['string', 'number', 'boolean'] }, column] } },
        },
      },
    },
  },
});

/** @throws ImportError naming what is wrong with the file */
export async function readMapping(file: string): Promise<ImportMapping> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ImportError(`The mapping ${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  return checkMapping(value);
}

/** @throws ImportError naming what is wrong with it */
export function checkMapping(value: unknown): ImportMapping {
  if (!isMapping(value)) {
    const [error] = isMapping.errors ?? [];
    const unknown = (error?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
    throw new ImportError(
      `The mapping is wrong at ${error?.instancePath || 'its top'}: ${error?.message}${unknown === undefined ? '' : ` ("${unknown}")`}.`,
    );
  }
  const { zone } = value.timestamp;
  if (zone !== undefined && !isZone(zone))
    throw new ImportError(`The mapping's timestamp.zone "${zone}" is no zone such as UTC or Europe/Paris.`);
  return value;
}

/** The columns that the file must have. */
export function columnsOf(mapping: ImportMapping): string[] {
  const sources = [
    mapping.timestamp,
    mapping.external_subscription_id,
    ...mapping.events.flatMap((event) => Object.values(event.properties ?? {})),
  ];
  return [...new Set(sources.flatMap((source) => (typeof source === 'object' ? [source.column] : [])))];
}

/**
 * The events of one line. Their transaction ids say which file, row and event they are, so sending them again changes nothing.
 * @throws ImportError without a line number when the line's time cannot be read
 */
export function eventsOfRow(mapping: ImportMapping, prefix: string, row: CsvRow): WireEvent[] {
  const valueOf = <T extends Constant>(source: T | Column): T | string =>
    typeof source === 'object' ? (row[source.column] ?? '') : source;
  const timestamp = instantText(row[mapping.timestamp.column] ?? '', mapping.timestamp);
  const seen = new Map<string, number>();
  return mapping.events.map((event) => {
    const times = (seen.get(event.code) ?? 0) + 1;
    seen.set(event.code, times);
    return {
      transaction_id: `${prefix}:${event.code}${times === 1 ? '' : `#${times}`}`,
      external_subscription_id: valueOf(mapping.external_subscription_id),
      code: event.code,
      timestamp,
      properties: Object.fromEntries(Object.entries(event.properties ?? {}).map(([name, source]) => [name, valueOf(source)])),
    };
  });
}

/** ISO 8601 in UTC, cut to milliseconds. */
function instantText(given: string, { column, zone }: ImportMapping['timestamp']): string {
  const iso = given.trim().replace(/^(\d{4}-\d\d-\d\d) /, '$1T');
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(iso.slice(10));
  if (!hasZone && zone === undefined)
    throw new ImportError(
      `${column} "${given}" has no zone; say in the mapping which one is meant: "timestamp": {"column": "${column}", "zone": "UTC"}`,
    );
  try {
    const instant = hasZone
      ? Temporal.Instant.from(iso)
      : Temporal.PlainDateTime.from(iso).toZonedDateTime(zone!, { disambiguation: 'compatible' }).toInstant();
    return instant.toString({ smallestUnit: 'millisecond', roundingMode: 'trunc' });
  } catch {
    throw new ImportError(`${column} "${given}" is no time such as 2023-11-16 18:17:03.979 or 2023-11-16T18:17:03Z`);
  }
}

function isZone(zone: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId.length > 0;
  } catch {
    return false;
  }
}
