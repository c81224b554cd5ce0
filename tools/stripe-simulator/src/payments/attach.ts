import type { Stripe } from 'stripe';
import { Refusal, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { testCard } from './instruments.ts';
import { newCardMethod } from './new-payment-method.ts';

/** The payment method of this id; `pm_card_…` and `tok_…` make a new one each time. */
export function paymentMethodFor(world: World, id: string, param = 'payment_method'): Stripe.PaymentMethod {
  const card = /^(pm_card_|tok_)/.test(id) ? testCard(id) : undefined;
  return card ? newCardMethod(world, card) : world.store.paymentMethods.get(id, param);
}

/** @throws Refusal 402 when the card is already refused at attaching. */
export function attachPaymentMethod(world: World, id: string, customer: string, { silent = false } = {}): Stripe.PaymentMethod {
  const method = paymentMethodFor(world, id);
  const owner = idOf(method.customer);
  if (owner === customer) return method;
  if (owner)
    throw wrongState(
      'payment_method_unexpected_state',
      'The payment method you provided has already been attached to a customer.',
    );
  const instrument = world.store.instruments.get(method.id);
  if (instrument.refusedAtSetup && instrument.decline)
    throw new Refusal(402, {
      type: 'card_error',
      ...instrument.decline,
      ...(instrument.decline.code === 'incorrect_cvc' && { param: 'cvc' }),
    });
  method.customer = customer;
  if (!silent) world.emit('payment_method.attached', method);
  return method;
}
