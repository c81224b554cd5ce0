import { Temporal } from 'temporal-polyfill';
import { Transform } from 'class-transformer';
import { applyDecorators } from '@nestjs/common';
import { IsDefined, isISO31661Alpha2, MaxLength, registerDecorator, type ValidationArguments } from 'class-validator';
import { isCurrency } from '../../domain/money/currency.ts';
import { Exact } from '../../domain/money/exact.ts';
import { decimalText } from './strict-json.ts';

/** A property decorator from a predicate; the code becomes the field's code in `error_details`. */
function rule(
  name: string,
  code: string | ((args: ValidationArguments) => string),
  accepts: (value: unknown) => boolean,
): (scope?: { readonly each?: boolean }) => PropertyDecorator {
  return ({ each = false } = {}) =>
    (target, propertyKey) =>
      registerDecorator({
        name,
        target: target.constructor,
        propertyName: String(propertyKey),
        options: { message: code, each },
        validator: { validate: (value: unknown, _args?: ValidationArguments) => accepts(value) },
      });
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim().length > 0 && value.isWellFormed() && !value.includes('\u0000');

/** Text that says something: not blank, no NUL, no lone surrogate, at most 255 characters. */
export const IsText = (): PropertyDecorator => applyDecorators(rule('isText', 'value_is_invalid', isText)(), MaxLength(255));

/** The same, required. */
export const IsRequiredText = (): PropertyDecorator => applyDecorators(IsDefined(), IsText());

/** A code or external id: text of 1 to 255 characters without line breaks or blanks at its ends. */
export const IsKey = (): PropertyDecorator =>
  applyDecorators(
    IsDefined(),
    rule('isKey', 'value_is_invalid', (value) => isText(value) && value === value.trim() && !/\p{Cc}/u.test(value))(),
    MaxLength(255),
  );

export const IsCurrencyCode = rule(
  'isCurrencyCode',
  'value_is_invalid',
  (value) => typeof value === 'string' && isCurrency(value),
);

/** An IANA zone name such as `Europe/Paris`; offsets such as `+02:00` are no zones. */
export const IsTimezone = rule('isTimezone', 'value_is_invalid', (value) => {
  if (typeof value !== 'string' || !/^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(value)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(value).timeZoneId.length > 0;
  } catch {
    return false;
  }
});

/** Codes that tax numbers and habit know and ISO 3166 does not. */
const countryMeant: ReadonlyMap<unknown, string> = new Map([
  ['UK', 'country_code_is_gb'],
  ['EL', 'country_code_is_gr'],
]);

/**
 * A country of ISO 3166-1 alpha-2, upper case; one that does not exist would be taxed as an export. `UK` and `EL` are refused with the
 * code that is meant.
 */
export const IsCountry = rule(
  'isCountry',
  ({ value }) => countryMeant.get(value) ?? 'value_is_invalid',
  (value) => isISO31661Alpha2(value) && value === String(value).toUpperCase(),
);

/** Whole minor units from 0 to 2^53 − 1; becomes a bigint. A fractional amount is refused, not rounded. */
export const IsAmountCents = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : (value as unknown),
    ),
    rule('isAmountCents', 'value_is_invalid', (value) => typeof value === 'bigint')(),
  );

/** A non-negative decimal, as text or as a JSON number read from its text; at most 15 decimals and 15 whole digits. Becomes decimal text. */
export const IsDecimal = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => decimalText(value) ?? (value as unknown)),
    rule('isDecimal', 'value_is_invalid', (value) => typeof value === 'string' && isStorableDecimal(value))(),
  );

/** A percentage from 0 to 100, like a decimal. */
export const IsPercentage = (): PropertyDecorator =>
  applyDecorators(
    IsDecimal(),
    rule('isPercentage', 'value_is_out_of_range', (value) => typeof value !== 'string' || isAtMostHundred(value))(),
  );

const isAtMostHundred = (text: string): boolean =>
  !isStorableDecimal(text) || Exact.parse(text).compare(Exact.fromInteger(100n)) <= 0;

/** At most 15 decimals and 15 whole digits, and not negative: more fits no amount, at whatever price. */
export function isStorableDecimal(text: string): boolean {
  if (text.length > 60) return false;
  try {
    const number = Exact.parse(text);
    if (number.compare(Exact.zero) < 0 || number.compare(Exact.fromInteger(10n ** 15n)) >= 0) return false;
    return Exact.parse(number.toDecimal(15)).compare(number) === 0;
  } catch {
    return false;
  }
}

/**
 * An instant with its zone (`2026-11-21T14:00:00Z`, `…+01:00`) between the years 2000 and 2100; becomes a Date.
 * A time without a zone is refused: nobody can know which instant was meant.
 */
export const IsInstant = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }) => readInstant(value) ?? (value as unknown)),
    rule('isInstant', 'invalid_date', (value) => value instanceof Date)(),
  );

/** A calendar day, `YYYY-MM-DD`, between 2000 and 2099; no time, no zone. */
export const IsDate = rule('isPlainDate', 'invalid_date', (value) => {
  if (typeof value !== 'string' || !/^20\d\d-\d\d-\d\d$/.test(value)) return false;
  try {
    return Temporal.PlainDate.from(value, { overflow: 'reject' }).toString() === value;
  } catch {
    return false;
  }
});

const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2100, 0, 1);

/** Undefined for anything that is not an ISO 8601 instant with zone between 2000 and 2100. */
export function readInstant(value: unknown): Date | undefined {
  if (typeof value !== 'string' || value.length > 40 || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined;
  try {
    const { epochMilliseconds } = Temporal.Instant.from(value);
    return epochMilliseconds < earliest || epochMilliseconds >= latest ? undefined : new Date(epochMilliseconds);
  } catch {
    return undefined;
  }
}
