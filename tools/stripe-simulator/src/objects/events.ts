import { namesType } from '../deliver/faults.ts';
import type { Resource } from '../http/api.ts';
import { inRange, listOf, matches } from '../http/list.ts';

export const events: Resource = (api) => {
  const { store } = api.world;
  api.get('/v1/events', 'EventListParams', ({ params }) =>
    listOf(
      store.events.newest(
        ({ type, created, pending_webhooks }) =>
          (params.type === undefined || namesType(params.type, type)) &&
          (params.types === undefined || params.types.some((one) => namesType(one, type))) &&
          matches(pending_webhooks === 0, params.delivery_success) &&
          inRange(created, params.created),
      ),
      params,
      '/v1/events',
    ),
  );
  api.get('/v1/events/:id', 'RetrieveParams', ({ id }) => store.events.get(id));
};
