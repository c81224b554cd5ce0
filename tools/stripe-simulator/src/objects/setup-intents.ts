import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { paymentMethodFor } from '../payments/attach.ts';
import { confirmSetup, newSetupIntent } from '../payments/setup.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { createCard } from './payment-methods.ts';

type Confirm = ParameterTypes['SetupIntentConfirmParams'];

function confirmOrThrow(world: World, intent: Stripe.SetupIntent, params: Confirm): void {
  const card = (params.payment_method_data as { card?: { number?: string; token?: string } } | undefined)?.card;
  const method = params.payment_method ?? (card ? createCard(world, card).id : undefined);
  const refusal = confirmSetup(world, intent, {
    ...(method && { method }),
    ...(params.return_url && { returnUrl: params.return_url }),
  });
  if (refusal) throw refusal;
}

export const setupIntents: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/setup_intents', 'SetupIntentCreateParams', ({ params }) => {
    const customer = params.customer ? store.customers.get(params.customer, 'customer').id : null;
    const method = params.payment_method ? paymentMethodFor(world, params.payment_method).id : null;
    const intent = newSetupIntent(world, {
      customer,
      payment_method: method,
      description: params.description ?? null,
      metadata: mergeMetadata(null, params.metadata),
      usage: params.usage ?? 'off_session',
    });
    if (params.confirm) confirmOrThrow(world, intent, { ...(params.return_url && { return_url: params.return_url }) });
    return intent;
  });
  api.get('/v1/setup_intents', 'SetupIntentListParams', ({ params }) =>
    listOf(
      store.setupIntents.newest(
        ({ customer, created }) => matches(customer, params.customer) && inRange(created, params.created),
      ),
      params,
      '/v1/setup_intents',
    ),
  );
  api.get('/v1/setup_intents/:id', 'SetupIntentRetrieveParams', ({ id }) => store.setupIntents.get(id, 'intent'));
  api.post('/v1/setup_intents/:id', 'SetupIntentUpdateParams', ({ id, params }) => {
    const intent = store.setupIntents.get(id, 'intent');
    copyFields(intent, params, ['customer', 'description']);
    intent.metadata = mergeMetadata(intent.metadata, params.metadata);
    if (params.payment_method)
      Object.assign(intent, {
        payment_method: paymentMethodFor(world, params.payment_method).id,
        status: 'requires_confirmation',
      });
    return intent;
  });
  api.post('/v1/setup_intents/:id/confirm', 'SetupIntentConfirmParams', ({ id, params }) => {
    const intent = store.setupIntents.get(id, 'intent');
    confirmOrThrow(world, intent, params);
    return intent;
  });
  api.post('/v1/setup_intents/:id/cancel', 'SetupIntentCancelParams', ({ id, params }) => {
    const intent = store.setupIntents.get(id, 'intent');
    if (intent.status === 'succeeded' || intent.status === 'canceled')
      throw wrongState(
        'setup_intent_unexpected_state',
        `You cannot cancel this SetupIntent because it has a status of ${intent.status}.`,
      );
    Object.assign(intent, { status: 'canceled', cancellation_reason: params.cancellation_reason ?? null, next_action: null });
    world.emit('setup_intent.canceled', intent);
    return intent;
  });
};
