import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { parameterMissing, wrongState } from '../http/errors.ts';
import { listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

function create(world: World, params: ParameterTypes['PromotionCodeCreateParams']): Stripe.PromotionCode {
  if (!params.promotion.coupon) throw parameterMissing('promotion[coupon]');
  const coupon = world.store.coupons.get(params.promotion.coupon, 'promotion[coupon]');
  const code = params.code ?? letters(8).toUpperCase();
  if (world.store.promotionCodes.first((row) => row.active && row.code.toLowerCase() === code.toLowerCase()))
    throw wrongState('resource_already_exists', 'An active promotion code with this code already exists.', 'code');
  const made: Stripe.PromotionCode = {
    id: newId('promo'),
    object: 'promotion_code',
    active: params.active ?? true,
    code,
    created: world.now(),
    customer: params.customer ?? null,
    customer_account: null,
    expires_at: params.expires_at ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata(null, params.metadata),
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: params.restrictions?.first_time_transaction ?? false,
      minimum_amount: params.restrictions?.minimum_amount ?? null,
      minimum_amount_currency: params.restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  };
  world.store.promotionCodes.add(made);
  world.emit('promotion_code.created', made);
  return made;
}

export const promotionCodes: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/promotion_codes', 'PromotionCodeCreateParams', ({ params }) => create(world, params));
  api.get('/v1/promotion_codes', 'PromotionCodeListParams', ({ params }) =>
    listOf(
      store.promotionCodes.newest(
        (row) =>
          matches(row.active, params.active) &&
          matches(row.customer, params.customer) &&
          matches(idOf(row.promotion.coupon), params.coupon) &&
          matches(row.code.toLowerCase(), params.code?.toLowerCase()),
      ),
      params,
      '/v1/promotion_codes',
    ),
  );
  api.get('/v1/promotion_codes/:id', 'RetrieveParams', ({ id }) => store.promotionCodes.get(id));
  api.post('/v1/promotion_codes/:id', 'PromotionCodeUpdateParams', ({ id, params }) => {
    const row = store.promotionCodes.get(id);
    world.change('promotion_code.updated', row, () => {
      copyFields(row, params, ['active']);
      row.metadata = mergeMetadata(row.metadata, params.metadata);
    });
    return row;
  });
};
