import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

function create(world: World, params: ParameterTypes['TaxRateCreateParams']): Stripe.TaxRate {
  const rate: Stripe.TaxRate = {
    id: newId('txr'),
    object: 'tax_rate',
    active: params.active ?? true,
    country: params.country ?? null,
    created: world.now(),
    description: params.description ?? null,
    display_name: params.display_name,
    effective_percentage: params.percentage,
    flat_amount: null,
    inclusive: params.inclusive,
    jurisdiction: params.jurisdiction ?? null,
    jurisdiction_level: null,
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    percentage: params.percentage,
    rate_type: 'percentage',
    state: params.state ?? null,
    tax_type: params.tax_type ?? null,
  };
  world.store.taxRates.add(rate);
  world.emit('tax_rate.created', rate);
  return rate;
}

export const taxRates: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/tax_rates', 'TaxRateCreateParams', ({ params }) => create(world, params));
  api.get('/v1/tax_rates', 'TaxRateListParams', ({ params }) =>
    listOf(
      store.taxRates.newest(
        ({ active, inclusive, created }) =>
          matches(active, params.active) && matches(inclusive, params.inclusive) && inRange(created, params.created),
      ),
      params,
      '/v1/tax_rates',
    ),
  );
  api.get('/v1/tax_rates/:id', 'RetrieveParams', ({ id }) => store.taxRates.get(id));
  api.post('/v1/tax_rates/:id', 'TaxRateUpdateParams', ({ id, params }) => {
    const rate = store.taxRates.get(id);
    world.change('tax_rate.updated', rate, () => {
      copyFields(rate, params, ['active', 'country', 'description', 'display_name', 'jurisdiction', 'state']);
      rate.metadata = mergeMetadata(rate.metadata, params.metadata);
    });
    return rate;
  });
};
