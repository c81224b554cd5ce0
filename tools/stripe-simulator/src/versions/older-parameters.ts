import type { ParameterTypes } from '../http/parameter-types.ts';
import type { Form } from '../http/parameters.ts';

type Convert = (form: Form) => Form;

/** Which ways to pay are offered is decided elsewhere since endive; here it changes nothing. */
const withoutTypes: Convert = ({ payment_method_types: _types, ...form }) => form;

const couponAsDiscount: Convert = ({ coupon, ...form }) => (coupon === undefined ? form : { ...form, discounts: [{ coupon }] });

const couponAsPromotion: Convert = ({ coupon, ...form }) =>
  coupon === undefined ? form : { ...form, promotion: { type: 'coupon', coupon } };

/** What parameters were called before the API version of today. */
const formerly: Partial<Record<keyof ParameterTypes, Convert>> = {
  PaymentIntentCreateParams: withoutTypes,
  PaymentIntentUpdateParams: withoutTypes,
  SetupIntentCreateParams: withoutTypes,
  SetupIntentUpdateParams: withoutTypes,
  CheckoutSessionCreateParams: withoutTypes,
  SubscriptionCreateParams: couponAsDiscount,
  SubscriptionUpdateParams: couponAsDiscount,
  PromotionCodeCreateParams: couponAsPromotion,
};

/** Reads the form of a request that names an older version, or none, as the official CLI does. */
export const modernForm = (name: keyof ParameterTypes, form: Form, version: string | undefined): Form =>
  version !== undefined && version.slice(0, 10) >= '2026-09-30' ? form : (formerly[name]?.(form) ?? form);
