import { Ajv, type ErrorObject } from 'ajv';
import { invalid } from '../../domain/errors/billing-error.ts';
import { Exact } from '../../domain/money/exact.ts';
import { decimalText } from '../../platform/http/strict-json.ts';
import { readEventTime } from './event-time.ts';
import { exactDecimal } from './exact-decimal.ts';
import { fitsAFee } from './meter-event.ts';

/** One event of a request, well formed; whether its metric exists and gets what it counts is not known yet. */
export interface IncomingEvent {
  readonly transactionId: string;
  readonly externalSubscriptionId: string;
  readonly code: string;
  /** Undefined: the organization's now. */
  readonly atMs: number | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Minor units, decimal text: what a dynamic charge bills. */
  readonly preciseTotalAmountCents: string | null;
}

/** Field → codes, relative to the event; the empty field is the event itself. */
export type FieldErrors = Record<string, string[]>;

interface WireEvent {
  readonly transaction_id: string;
  readonly external_subscription_id: string;
  readonly code: string;
  readonly timestamp?: unknown;
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly precise_total_amount_cents?: unknown;
}

const maxBatch = 1000;
/** An event has six; nobody has to be told of more than these that they are unknown. */
const maxFields = 20;
const key = { type: 'string', minLength: 1, maxLength: 255, format: 'key' } as const;

/** No blanks at the ends, no control characters: as external ids and codes are made elsewhere. */
const carefully = /^(?!\s)\P{Cc}*(?<!\s)$/u;
/** What nearly every key is made of; the careful pattern takes as long as all else that is checked of an event. */
const plainly = /^[\w.:/-]+$/;
const isKey = (text: string): boolean => plainly.test(text) || carefully.test(text);

/** JSON Schema of one event. `timestamp` is read by `readEventTime`. */
const eventSchema = {
  type: 'object',
  required: ['transaction_id', 'external_subscription_id', 'code'],
  additionalProperties: false,
  properties: {
    transaction_id: { type: 'string', minLength: 1, maxLength: 255, pattern: '\\S' },
    external_subscription_id: key,
    code: key,
    timestamp: {},
    properties: { type: 'object', nullable: true },
    precise_total_amount_cents: {},
  },
} as const;

/** The same for the OpenAPI document, which also says what a timestamp is. */
export const eventSchemaForDocs = {
  ...eventSchema,
  required: [...eventSchema.required],
  properties: {
    ...eventSchema.properties,
    timestamp: {
      oneOf: [{ type: 'number' }, { type: 'string' }],
      description: 'Epoch seconds (milliseconds as decimals) or ISO 8601 with zone; absent: now',
    },
    precise_total_amount_cents: {
      oneOf: [{ type: 'number' }, { type: 'string' }],
      description: 'What the event costs under a dynamic charge: minor units, with decimals',
    },
  },
};

const isEvent = new Ajv({ allErrors: true, verbose: true, formats: { key: isKey } }).compile<WireEvent>(eventSchema);

/** `{"event": {…}}` or the event itself. */
export function eventOf(body: unknown): unknown {
  return isRecord(body) && 'event' in body ? only(body, 'event') : (body ?? {});
}

/** @throws BillingError validation_errors when `{"events": […]}` does not hold 1 to 1000 events */
export function eventsOf(body: unknown): readonly unknown[] {
  if (!isRecord(body) || body['events'] === undefined) throw invalid({ events: ['value_is_mandatory'] });
  const events = only(body, 'events');
  if (!Array.isArray(events)) throw invalid({ events: ['value_is_invalid'] });
  if (events.length === 0) throw invalid({ events: ['no_events'] });
  if (events.length > maxBatch) throw invalid({ events: ['too_many_events'] });
  return events;
}

/** The event, or what is wrong with each of its fields. */
export function readEvent(item: unknown): IncomingEvent | { readonly errors: FieldErrors } {
  if (isRecord(item) && Object.keys(item).length > maxFields) return { errors: { '': ['too_many_fields'] } };
  if (!isEvent(item)) return { errors: fieldErrors(isEvent.errors ?? []) };
  const { properties } = item;
  // A number with more digits than a float holds arrives as an object.
  if (properties && decimalText(properties) !== undefined) return { errors: { properties: ['value_is_invalid'] } };
  const atMs = item.timestamp === undefined || item.timestamp === null ? undefined : readEventTime(item.timestamp);
  if (typeof atMs === 'string') return { errors: { timestamp: [atMs] } };
  const { precise_total_amount_cents: total = null } = item;
  const exactTotal = total === null ? null : exactDecimal(total);
  if (exactTotal === undefined || (exactTotal !== null && !fitsAFee.test(exactTotal)))
    return { errors: { precise_total_amount_cents: ['value_is_invalid'] } };
  return {
    transactionId: item.transaction_id,
    externalSubscriptionId: item.external_subscription_id,
    code: item.code,
    atMs,
    properties: properties ?? {},
    preciseTotalAmountCents: exactTotal && Exact.parse(exactTotal).toDecimal(60),
  };
}

const codeByKeyword: Readonly<Record<string, string>> = {
  required: 'value_is_mandatory',
  minLength: 'value_is_mandatory',
  maxLength: 'value_is_too_long',
  additionalProperties: 'unknown_field',
};

function fieldErrors(errors: readonly ErrorObject[]): FieldErrors {
  // A field may have any name, also one that every object answers to.
  const found = new Map<string, string[]>();
  for (const { keyword, instancePath, params, data } of errors) {
    const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
    const field = (missingProperty ?? additionalProperty ?? instancePath.slice(1)).slice(0, 100);
    const absent = keyword === 'type' && data === null;
    if (!found.has(field)) found.set(field, [absent ? 'value_is_mandatory' : (codeByKeyword[keyword] ?? 'value_is_invalid')]);
  }
  return Object.fromEntries(found);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function only(body: Record<string, unknown>, root: string): unknown {
  const stray = Object.keys(body)
    .filter((field) => field !== root)
    .slice(0, maxFields);
  if (stray.length > 0) throw invalid(Object.fromEntries(stray.map((field) => [field.slice(0, 100), ['unknown_field']])));
  return body[root];
}
