import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { newPrice } from './prices.ts';

type Create = ParameterTypes['ProductCreateParams'];

function create(world: World, params: Create): Stripe.Product {
  if (params.id && world.store.products.find(params.id))
    throw wrongState('resource_already_exists', 'Product already exists.', 'id');
  const now = world.now();
  const product: Stripe.Product = {
    id: params.id ?? newId('prod'),
    object: 'product',
    active: params.active ?? true,
    created: now,
    default_price: null,
    description: params.description ?? null,
    images: params.images ?? [],
    livemode: false,
    marketing_features: params.marketing_features ?? [],
    metadata: mergeMetadata(null, params.metadata),
    name: params.name,
    package_dimensions: params.package_dimensions ?? null,
    shippable: params.shippable ?? null,
    statement_descriptor: params.statement_descriptor ?? null,
    tax_code: params.tax_code ?? null,
    tax_details: null,
    type: 'service',
    unit_label: params.unit_label ?? null,
    updated: now,
    url: params.url ?? null,
  };
  world.store.products.add(product);
  world.emit('product.created', product);
  const price = params.default_price_data;
  if (price) product.default_price = newPrice(world, { ...price, product: product.id } as ParameterTypes['PriceCreateParams']).id;
  return product;
}

export const products: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/products', 'ProductCreateParams', ({ params }) => create(world, params));
  api.get('/v1/products', 'ProductListParams', ({ params }) =>
    listOf(
      store.products.newest(
        ({ id, active, created }) =>
          matches(active, params.active) &&
          inRange(created, params.created) &&
          (params.ids === undefined || params.ids.includes(id)),
      ),
      params,
      '/v1/products',
    ),
  );
  api.get('/v1/products/search', 'ProductSearchParams', ({ params }) =>
    search(store.products.newest(), params, '/v1/products/search'),
  );
  api.get('/v1/products/:id', 'RetrieveParams', ({ id }) => store.products.get(id));
  api.post('/v1/products/:id', 'ProductUpdateParams', ({ id, params }) => {
    const product = store.products.get(id);
    world.change('product.updated', product, () => {
      copyFields(product, params, [
        'active',
        'default_price',
        'description',
        'name',
        'statement_descriptor',
        'tax_code',
        'unit_label',
        'url',
      ]);
      product.metadata = mergeMetadata(product.metadata, params.metadata);
    });
    product.updated = world.now();
    return product;
  });
  api.delete('/v1/products/:id', 'RetrieveParams', ({ id }) => {
    const product = store.products.get(id);
    if (store.prices.first((price) => price.product === id))
      throw wrongState(
        'resource_has_dependents',
        'This product cannot be deleted because it has one or more user-created prices.',
      );
    store.products.remove(id);
    world.emit('product.deleted', product);
    return { id, object: 'product', deleted: true };
  });
};
