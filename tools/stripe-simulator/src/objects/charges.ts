import type { Resource } from '../http/api.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import { search } from '../http/search.ts';
import { creditCharge } from '../payments/charge.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { chargeAtOnce } from './payment-intents.ts';

export const charges: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/charges', 'ChargeCreateParams', ({ params }) => chargeAtOnce(world, params));
  api.get('/v1/charges', 'ChargeListParams', ({ params }) =>
    listOf(
      store.charges.newest(
        ({ customer, created, payment_intent }) =>
          matches(customer, params.customer) &&
          matches(payment_intent, params.payment_intent) &&
          inRange(created, params.created),
      ),
      params,
      '/v1/charges',
    ),
  );
  api.get('/v1/charges/search', 'ChargeSearchParams', ({ params }) =>
    search(store.charges.newest(), params, '/v1/charges/search'),
  );
  api.get('/v1/charges/:id', 'RetrieveParams', ({ id }) => store.charges.get(id));
  api.post('/v1/charges/:id', 'ChargeUpdateParams', ({ id, params }) => {
    const charge = store.charges.get(id);
    world.change('charge.updated', charge, () => {
      copyFields(charge, params, ['description', 'receipt_email']);
      charge.metadata = mergeMetadata(charge.metadata, params.metadata);
    });
    return charge;
  });
  api.post('/v1/charges/:id/capture', 'ChargeCaptureParams', ({ id, params }) => {
    const charge = store.charges.get(id);
    world.change('charge.captured', charge, () => {
      charge.captured = true;
      charge.amount_captured = params.amount ?? charge.amount;
      creditCharge(world, charge);
    });
    return charge;
  });
  api.get('/v1/balance_transactions', 'BalanceTransactionListParams', ({ params }) =>
    listOf(
      store.balanceTransactions.newest(
        ({ source, type, created }) =>
          matches(source, params.source) && matches<string>(type, params.type) && inRange(created, params.created),
      ),
      params,
      '/v1/balance_transactions',
    ),
  );
  api.get('/v1/balance_transactions/:id', 'RetrieveParams', ({ id }) => store.balanceTransactions.get(id));
};
