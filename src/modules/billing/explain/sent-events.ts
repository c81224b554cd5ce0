import type { UsageInputs } from '../../../domain/invoicing/derivation.ts';
import type { MeterEvent } from '../../../domain/metering/meter-event.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import { decimalText, parseStrictJson } from '../../../platform/http/strict-json.ts';

/** As it was sent. */
export interface RawEvent {
  readonly occurred_at: Date;
  readonly properties: string;
  readonly total: string | null;
}

/** What was counted again; in advance with what was paid for before. */
export type Recount = UsageInputs & { readonly paid?: UsageInputs };

/** Numbers with more digits than a float holds are read from their text. */
export function meterEventOf(code: string, { occurred_at, properties, total }: RawEvent): MeterEvent {
  const read = parseStrictJson(Buffer.from(properties)) as Readonly<Record<string, unknown>>;
  const plain = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? (decimalText(value) ?? value) : value;
  return {
    timestamp: instantOf(occurred_at),
    code,
    properties: Object.fromEntries(Object.entries(read).map(([key, value]) => [key, plain(value)])),
    preciseTotalAmountCents: total,
  };
}
