import type { Resource } from '../http/api.ts';
import { parameterMissing, wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { changeRefund, failRefund, refund } from '../payments/refund.ts';
import { idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';

function create(world: World, params: ParameterTypes['RefundCreateParams']): object {
  const intent = params.payment_intent ? world.store.paymentIntents.get(params.payment_intent, 'payment_intent') : undefined;
  const chargeId = params.charge ?? idOf(intent?.latest_charge);
  if (!chargeId) {
    if (intent)
      throw wrongState('charge_not_refundable', `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
    throw parameterMissing('payment_intent');
  }
  return refund(world, {
    charge: world.store.charges.get(chargeId, 'charge'),
    ...(params.amount !== undefined && { amount: params.amount }),
    ...(params.reason && { reason: params.reason }),
    metadata: mergeMetadata(null, params.metadata),
  });
}

export const refunds: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/refunds', 'RefundCreateParams', ({ params }) => create(world, params));
  api.get('/v1/refunds', 'RefundListParams', ({ params }) =>
    listOf(
      store.refunds.newest(
        ({ charge, payment_intent, created }) =>
          matches(charge, params.charge) && matches(payment_intent, params.payment_intent) && inRange(created, params.created),
      ),
      params,
      '/v1/refunds',
    ),
  );
  api.get('/v1/refunds/:id', 'RetrieveParams', ({ id }) => store.refunds.get(id));
  api.post('/v1/refunds/:id', 'RefundUpdateParams', ({ id, params }) => {
    const refund = store.refunds.get(id);
    changeRefund(world, refund, () => {
      refund.metadata = mergeMetadata(refund.metadata, params.metadata);
    });
    return refund;
  });
  api.post('/v1/refunds/:id/cancel', 'RefundCancelParams', ({ id }) => {
    const made = store.refunds.get(id);
    if (made.status !== 'pending' && made.status !== 'requires_action')
      throw wrongState('refund_not_cancelable', `You cannot cancel a refund with a status of ${made.status}.`);
    failRefund(world, made, 'merchant_request');
    made.status = 'canceled';
    return made;
  });
};
