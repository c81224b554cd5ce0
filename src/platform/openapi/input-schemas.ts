import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';

export type Schema = Readonly<Record<string, unknown>> & { readonly properties?: Readonly<Record<string, object>> };

type Converters = NonNullable<NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>['additionalConverters']>;

/** Our own validators (platform/http/validators.ts) as JSON schema; class-validator's are known to the converter. */
const ownValidators: Converters = {
  isDefined: {},
  isText: { type: 'string' },
  isKey: { type: 'string', minLength: 1 },
  isCurrencyCode: { type: 'string', description: 'ISO 4217 code' },
  isTimezone: { type: 'string', description: 'IANA time zone' },
  isLocale: { type: 'string', description: 'Language tag' },
  isCountry: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2 code' },
  isAmountCents: { type: 'integer', minimum: 0, description: 'Minor units of the currency' },
  isDecimal: { type: ['string', 'number'], description: 'A decimal, read exactly from its text' },
  isPercentage: {},
  isInstant: { type: 'string', format: 'date-time', description: 'With its zone' },
  isPlainDate: { type: 'string', format: 'date' },
  isNumberTemplate: { type: 'string', description: 'Such as {prefix}-{year}-{seq:4}' },
};

/** What the validators accept, by class name. */
export function inputSchemas(): Readonly<Record<string, Schema>> {
  return validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: ownValidators,
    refPointerPrefix: '#/components/schemas/',
  }) as unknown as Record<string, Schema>;
}
