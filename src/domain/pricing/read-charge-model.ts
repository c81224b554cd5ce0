import type { ErrorDetails } from '../errors/error-codes.ts';
import { type ChargeModel, type ChargeModelName, chargeModels, type ChargePricing } from './charge-model.ts';
import { PropertyReader } from './property-reader.ts';
import { readTiers } from './tiers.ts';

export type ReadPricing = { readonly pricing: ChargePricing } | { readonly refused: ErrorDetails };

/**
 * Reads Lago's `charge_model` and `properties`. Numbers may be JSON numbers or decimal text (text keeps every digit). Everything
 * wrong is refused at once, each under its field: `graduated_ranges[1].from_value: tiers_leave_a_gap`.
 */
export function readChargeModel(model: unknown, properties: unknown): ReadPricing {
  if (!isChargeModel(model)) return { refused: { charge_model: ['value_is_invalid'] } };
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return {
      refused: { properties: [properties === undefined || properties === null ? 'value_is_mandatory' : 'value_is_invalid'] },
    };
  const reader = new PropertyReader(properties as Record<string, unknown>);
  const read = readers[model](reader);
  const groupKeys = reader.strings('pricing_group_keys');
  reader.finish();
  if (Object.keys(reader.refused).length > 0) return { refused: reader.refused };
  return { pricing: { model: read, properties: reader.wire, groupKeys } };
}

/** For what was read before: a derivation, a stored charge. @throws RangeError when it cannot be read. */
export function pricingOf(model: string, properties: unknown): ChargePricing {
  const read = readChargeModel(model, properties);
  if ('refused' in read) throw new RangeError(`no charge model: ${JSON.stringify(read.refused)}`);
  return read.pricing;
}

const isChargeModel = (model: unknown): model is ChargeModelName => chargeModels.some((name) => name === model);

const readers: Readonly<Record<ChargeModelName, (reader: PropertyReader) => ChargeModel>> = {
  standard: (reader) => ({ name: 'standard', amount: reader.decimal('amount') }),
  graduated: (reader) => ({
    name: 'graduated',
    tiers: readTiers(reader, { list: 'graduated_ranges', price: 'per_unit_amount', per: 1n }),
  }),
  graduated_percentage: (reader) => ({
    name: 'graduated_percentage',
    tiers: readTiers(reader, { list: 'graduated_percentage_ranges', price: 'rate', per: 100n }),
  }),
  volume: (reader) => ({
    name: 'volume',
    tiers: readTiers(reader, { list: 'volume_ranges', price: 'per_unit_amount', per: 1n }),
  }),
  package: (reader) => ({
    name: 'package',
    amount: reader.decimal('amount'),
    size: reader.decimal('package_size', { positive: true, integer: true }),
    freeUnits: reader.decimal('free_units', { absent: '0', integer: true }),
  }),
  percentage: readPercentage,
  dynamic: () => ({ name: 'dynamic' }),
};

/** An allowance of zero is none. */
function readPercentage(reader: PropertyReader): ChargeModel {
  const freeEvents = reader.optionalDecimal('free_units_per_events', { absent: null, integer: true });
  const freeAmount = reader.optionalDecimal('free_units_per_total_aggregation');
  const minimum = reader.optionalDecimal('per_transaction_min_amount');
  const maximum = reader.optionalDecimal('per_transaction_max_amount');
  if (minimum && maximum && minimum.compare(maximum) > 0) reader.refuse('per_transaction_max_amount', 'value_is_out_of_range');
  return {
    name: 'percentage',
    rate: reader.decimal('rate'),
    fixedAmount: reader.decimal('fixed_amount', { absent: '0' }),
    freeEvents: freeEvents?.isPositive() ? freeEvents.roundToInteger() : null,
    freeAmount: freeAmount?.isPositive() ? freeAmount : null,
    minimumPerTransaction: minimum,
    maximumPerTransaction: maximum,
  };
}
