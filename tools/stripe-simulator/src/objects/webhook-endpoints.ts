import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { invalid } from '../http/errors.ts';
import { listOf } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

function create(world: World, params: ParameterTypes['WebhookEndpointCreateParams']): Stripe.WebhookEndpoint {
  if (!/^https?:\/\//.test(params.url))
    throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', { code: 'url_invalid', param: 'url' });
  return world.store.webhookEndpoints.add({
    id: newId('we'),
    object: 'webhook_endpoint',
    api_version: params.api_version ?? null,
    application: null,
    created: world.now(),
    description: params.description || null,
    enabled_events: params.enabled_events,
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    secret: `whsec_${letters(32)}`,
    status: 'enabled',
    url: params.url,
  });
}

/** The secret is shown once, on creation. */
const withoutSecret = ({ secret: _secret, ...endpoint }: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint => endpoint;

export const webhookEndpoints: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/webhook_endpoints', 'WebhookEndpointCreateParams', ({ params }) => create(world, params));
  api.get('/v1/webhook_endpoints', 'WebhookEndpointListParams', ({ params }) =>
    listOf(store.webhookEndpoints.newest().map(withoutSecret), params, '/v1/webhook_endpoints'),
  );
  api.get('/v1/webhook_endpoints/:id', 'RetrieveParams', ({ id }) => withoutSecret(store.webhookEndpoints.get(id)));
  api.post('/v1/webhook_endpoints/:id', 'WebhookEndpointUpdateParams', ({ id, params }) => {
    const endpoint = store.webhookEndpoints.get(id);
    copyFields(endpoint, params, ['description', 'url']);
    if (params.enabled_events) endpoint.enabled_events = params.enabled_events;
    if (params.disabled !== undefined) endpoint.status = params.disabled ? 'disabled' : 'enabled';
    endpoint.metadata = mergeMetadata(endpoint.metadata, params.metadata);
    return withoutSecret(endpoint);
  });
  api.delete('/v1/webhook_endpoints/:id', 'RetrieveParams', ({ id }) => {
    store.webhookEndpoints.get(id);
    store.webhookEndpoints.remove(id);
    return { id, object: 'webhook_endpoint', deleted: true };
  });
};
