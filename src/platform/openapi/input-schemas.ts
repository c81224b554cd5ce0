import type { Type } from '@nestjs/common';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { SchemaObject } from '@nestjs/swagger/dist/interfaces/open-api-spec.interface.js';

/** Our own validators (platform/http/validators.ts) as JSON schema; class-validator's are known to the converter. */
const ownValidators: Readonly<Record<string, SchemaObject>> = {
  isDefined: {},
  isText: { type: 'string' },
  isKey: { type: 'string', minLength: 1 },
  isCurrencyCode: { type: 'string', description: 'ISO 4217 code' },
  isTimezone: { type: 'string', description: 'IANA time zone' },
  isCountry: { type: 'string', pattern: '^[A-Z]{2}$' },
  isAmountCents: { type: 'integer', minimum: 0, description: 'Minor units of the currency' },
  isDecimal: { type: ['string', 'number'] as unknown as string, description: 'A decimal, read exactly from its text' },
  isInstant: { type: 'string', format: 'date-time' },
};

/** Schemas by class name: what the validators accept, nested classes included. */
export function inputSchemas(types: Iterable<Type<object>>): Record<string, SchemaObject> {
  const schemas: Record<string, SchemaObject> = {};
  const add = (type: Type<object>): void => {
    if (schemas[type.name]) return;
    schemas[type.name] = { ...schemaOf(type), additionalProperties: false };
    for (const nested of nestedTypes(type)) add(nested);
  };
  for (const type of types) add(type);
  return schemas;
}
