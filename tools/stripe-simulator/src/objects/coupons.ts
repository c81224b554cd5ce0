import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing, wrongState } from '../http/errors.ts';
import { inRange, listOf } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import { letters } from '../world/ids.ts';
import type { World } from '../world/world.ts';

function create(world: World, params: ParameterTypes['CouponCreateParams']): Stripe.Coupon {
  if (params.id && world.store.coupons.find(params.id))
    throw wrongState('resource_already_exists', 'Coupon already exists.', 'id');
  if ((params.percent_off === undefined) === (params.amount_off === undefined))
    throw invalid('You must pass either percent_off or amount_off, and not both.', { param: 'percent_off' });
  if (params.amount_off !== undefined && !params.currency) throw parameterMissing('currency');
  if (params.percent_off !== undefined && (params.percent_off <= 0 || params.percent_off > 100))
    throw invalid('Invalid percent_off: must be greater than 0 and at most 100', { param: 'percent_off' });
  if (params.duration === 'repeating' && !params.duration_in_months) throw parameterMissing('duration_in_months');
  const coupon: Stripe.Coupon = {
    id: params.id ?? letters(8),
    object: 'coupon',
    amount_off: params.amount_off ?? null,
    created: world.now(),
    currency: params.currency?.toLowerCase() ?? null,
    duration: params.duration ?? 'once',
    duration_in_months: params.duration_in_months ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata(null, params.metadata),
    name: params.name ?? null,
    percent_off: params.percent_off ?? null,
    redeem_by: params.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  };
  world.store.coupons.add(coupon);
  world.emit('coupon.created', coupon);
  return coupon;
}

export const coupons: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/coupons', 'CouponCreateParams', ({ params }) => create(world, params));
  api.get('/v1/coupons', 'CouponListParams', ({ params }) =>
    listOf(
      store.coupons.newest(({ created }) => inRange(created, params.created)),
      params,
      '/v1/coupons',
    ),
  );
  api.get('/v1/coupons/:id', 'RetrieveParams', ({ id }) => store.coupons.get(id, 'coupon'));
  api.post('/v1/coupons/:id', 'CouponUpdateParams', ({ id, params }) => {
    const coupon = store.coupons.get(id, 'coupon');
    world.change('coupon.updated', coupon, () => {
      copyFields(coupon, params, ['name']);
      coupon.metadata = mergeMetadata(coupon.metadata, params.metadata);
    });
    return coupon;
  });
  api.delete('/v1/coupons/:id', 'RetrieveParams', ({ id }) => {
    const coupon = store.coupons.get(id, 'coupon');
    store.coupons.remove(id);
    world.emit('coupon.deleted', coupon);
    return { id, object: 'coupon', deleted: true };
  });
};
