import { Transform } from 'class-transformer';

/** A query parameter is text; these read what it says and leave to the validators what says nothing. */

/** One value is a list of one. */
export const AsList = (): PropertyDecorator => Transform(({ value }) => [value].flat());

/** `true` and `false`. */
export const AsBoolean = (): PropertyDecorator =>
  Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : (value as unknown)));

/** Up to 16 digits. */
export const AsWholeNumber = (): PropertyDecorator =>
  Transform(({ value }) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : (value as unknown)));
