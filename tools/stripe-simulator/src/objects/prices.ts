import type { Stripe } from 'stripe';
import { decimal } from '../billing/decimal.ts';
import { fraction } from '../billing/exact.ts';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

type Create = ParameterTypes['PriceCreateParams'];

function recurringOf({ recurring }: Create): Stripe.Price.Recurring | null {
  if (!recurring) return null;
  return {
    interval: recurring.interval,
    interval_count: recurring.interval_count ?? 1,
    meter: recurring.meter ?? null,
    trial_period_days: recurring.trial_period_days ?? null,
    usage_type: recurring.usage_type ?? 'licensed',
  };
}

function productOf(world: World, params: Create): string {
  if (params.product) return world.store.products.get(params.product, 'product').id;
  if (!params.product_data) throw parameterMissing('product');
  const now = world.now();
  const product: Stripe.Product = {
    id: params.product_data.id ?? newId('prod'),
    object: 'product',
    active: true,
    created: now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata(null, params.product_data.metadata),
    name: params.product_data.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: params.product_data.statement_descriptor ?? null,
    tax_code: params.product_data.tax_code ?? null,
    tax_details: null,
    type: 'service',
    unit_label: params.product_data.unit_label ?? null,
    updated: now,
    url: null,
  };
  world.store.products.add(product);
  world.emit('product.created', product);
  return product.id;
}

/** A whole amount, where the decimal one is whole. */
function amountsOf(params: Create): Pick<Stripe.Price, 'unit_amount' | 'unit_amount_decimal'> {
  if (params.billing_scheme === 'tiered' || params.custom_unit_amount) return { unit_amount: null, unit_amount_decimal: null };
  const text = params.unit_amount_decimal?.toString() ?? params.unit_amount?.toString();
  if (text === undefined) throw parameterMissing('unit_amount');
  if (/\.\d{13,}$/.test(text)) throw invalid('Decimals have at most 12 decimal places.', { param: 'unit_amount_decimal' });
  const { numerator, denominator } = fraction(text);
  return {
    unit_amount: numerator % denominator === 0n ? Number(numerator / denominator) : null,
    unit_amount_decimal: decimal(text),
  };
}

/** A lookup key names one price; a new one may take it over. */
function takeLookupKey(world: World, key: string | undefined, transfer: boolean | undefined): void {
  const holder = key === undefined ? undefined : world.store.prices.first(({ lookup_key }) => lookup_key === key);
  if (!holder) return;
  if (!transfer)
    throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, {
      param: 'lookup_key',
      code: 'resource_already_exists',
    });
  world.change('price.updated', holder, () => {
    holder.lookup_key = null;
  });
}

export function newPrice(world: World, params: Create): Stripe.Price {
  takeLookupKey(world, params.lookup_key, params.transfer_lookup_key);
  const price: Stripe.Price = {
    id: newId('price'),
    object: 'price',
    active: params.active ?? true,
    billing_scheme: params.billing_scheme ?? 'per_unit',
    created: world.now(),
    currency: params.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: params.lookup_key ?? null,
    metadata: mergeMetadata(null, params.metadata),
    nickname: params.nickname ?? null,
    product: productOf(world, params),
    recurring: recurringOf(params),
    tax_behavior: params.tax_behavior ?? 'unspecified',
    tiers_mode: params.tiers_mode ?? null,
    transform_quantity: params.transform_quantity ?? null,
    type: params.recurring ? 'recurring' : 'one_time',
    ...amountsOf(params),
  };
  if (params.tiers)
    world.store.tiers.set(
      price.id,
      params.tiers.map((tier) => ({
        flat_amount: tier.flat_amount ?? null,
        flat_amount_decimal: tier.flat_amount === undefined ? null : decimal(String(tier.flat_amount)),
        unit_amount: tier.unit_amount ?? null,
        unit_amount_decimal: decimal(String(tier.unit_amount_decimal ?? tier.unit_amount ?? 0)),
        up_to: tier.up_to === 'inf' ? null : Number(tier.up_to),
      })),
    );
  world.store.prices.add(price);
  world.emit('price.created', price);
  return price;
}

export const prices: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/prices', 'PriceCreateParams', ({ params }) => newPrice(world, params));
  api.get('/v1/prices', 'PriceListParams', ({ params }) =>
    listOf(
      store.prices.newest(
        (price) =>
          matches(price.active, params.active) &&
          matches(price.currency, params.currency) &&
          matches(price.product, params.product) &&
          matches<string>(price.type, params.type) &&
          inRange(price.created, params.created) &&
          (params.lookup_keys === undefined || params.lookup_keys.includes(price.lookup_key ?? '')),
      ),
      params,
      '/v1/prices',
    ),
  );
  api.get('/v1/prices/search', 'PriceSearchParams', ({ params }) => search(store.prices.newest(), params, '/v1/prices/search'));
  api.get('/v1/prices/:id', 'RetrieveParams', ({ id }) => store.prices.get(id));
  api.post('/v1/prices/:id', 'PriceUpdateParams', ({ id, params }) => {
    const price = store.prices.get(id);
    world.change('price.updated', price, () => {
      copyFields(price, params, ['active', 'lookup_key', 'nickname', 'tax_behavior']);
      price.metadata = mergeMetadata(price.metadata, params.metadata);
    });
    return price;
  });
};
