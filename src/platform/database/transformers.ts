import type { ColumnOptions } from 'typeorm';

/** int8 column as bigint (the driver returns text, which keeps every digit). */
export const bigintColumn = {
  type: 'int8',
  transformer: {
    to: (value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    from: (value: unknown) => (typeof value === 'string' ? BigInt(value) : value),
  },
} as const satisfies ColumnOptions;
