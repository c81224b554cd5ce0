import type { Stripe } from 'stripe';
import { Refusal, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { paymentMethodFor } from './attach.ts';
import { asksForAuthentication, creditCharge, newCharge } from './charge.ts';
import { openDispute } from './dispute.ts';
import type { Decline } from './instruments.ts';

const settleDuty = 'payment_intent.settle';
/** A test debit is through after three minutes. */
const debitTakesSeconds = 180;

const authenticationRequired: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

const authenticationFailed: Decline = {
  code: 'payment_intent_authentication_failure',
  decline_code: '',
  message:
    'The provided payment method has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
};

export interface Confirmation {
  readonly method?: string;
  /** The customer is not there to authenticate. */
  readonly offSession?: boolean;
  readonly returnUrl?: string;
}

/** Tries to take the money. A decline is returned, not thrown: it has happened, and its events are out. */
export function confirm(world: World, intent: Stripe.PaymentIntent, confirmation: Confirmation): Refusal | undefined {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status))
    throw wrongState(
      'payment_intent_unexpected_state',
      `You cannot confirm this PaymentIntent because it has already ${intent.status === 'canceled' ? 'been canceled' : 'succeeded after being previously confirmed'}.`,
    );
  const chosen = confirmation.method ?? idOf(intent.payment_method);
  if (!chosen)
    throw wrongState(
      'payment_intent_unexpected_state',
      'You cannot confirm this PaymentIntent because it is missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.',
    );
  const method = paymentMethodFor(world, chosen);
  const instrument = world.store.instruments.get(method.id);
  intent.payment_method = method.id;
  if (!intent.payment_method_types.includes(method.type)) intent.payment_method_types.push(method.type);
  if (asksForAuthentication(instrument)) {
    if (confirmation.offSession) return fail(world, intent, method, authenticationRequired, true);
    intent.status = 'requires_action';
    intent.next_action = nextAction(world, intent.id, confirmation.returnUrl);
    world.emit('payment_intent.requires_action', intent);
    return undefined;
  }
  return take(world, intent, method);
}

export const nextAction = (world: World, id: string, returnUrl: string | undefined): Stripe.PaymentIntent.NextAction =>
  returnUrl
    ? { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url: `${world.url}/_sim/3ds/${id}` } }
    : ({
        type: 'use_stripe_sdk',
        use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: `${world.url}/_sim/3ds/${id}` },
      } as Stripe.PaymentIntent.NextAction);

/** The customer authenticated, or failed to. */
export function authenticate(world: World, intent: Stripe.PaymentIntent, passed: boolean): Refusal | undefined {
  if (intent.status !== 'requires_action')
    throw wrongState('payment_intent_unexpected_state', 'This PaymentIntent asks for no action.');
  const method = world.store.paymentMethods.get(idOf(intent.payment_method) ?? '');
  intent.next_action = null;
  if (!passed) return fail(world, intent, method, authenticationFailed, false);
  world.store.instruments.get(method.id).setUp = true;
  return take(world, intent, method);
}

function take(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Refusal | undefined {
  const instrument = world.store.instruments.get(method.id);
  if (instrument.delayed) {
    intent.status = 'processing';
    const charge = newCharge(world, intent, method, { pending: true });
    world.emit('charge.pending', charge);
    world.emit('payment_intent.processing', intent);
    const clock = world.time.clockOf(idOf(intent.customer));
    world.agenda.set(settleDuty, intent.id, world.time.now(clock) + debitTakesSeconds, clock);
    return undefined;
  }
  if (instrument.decline) return fail(world, intent, method, instrument.decline, true);
  const charge = newCharge(world, intent, method, {});
  intent.last_payment_error = null;
  if (intent.capture_method === 'manual') {
    intent.status = 'requires_capture';
    intent.amount_capturable = intent.amount;
    world.emit('charge.succeeded', charge);
    world.emit('payment_intent.amount_capturable_updated', intent);
    return undefined;
  }
  succeed(world, intent, charge);
  return undefined;
}

/** The money is there. */
export function succeed(world: World, intent: Stripe.PaymentIntent, charge: Stripe.Charge): void {
  intent.status = 'succeeded';
  intent.amount_received = charge.amount_captured;
  intent.amount_capturable = 0;
  intent.next_action = null;
  if (intent.setup_future_usage) world.store.instruments.get(idOf(intent.payment_method) ?? '').setUp = true;
  const { dispute } = world.store.instruments.get(charge.payment_method ?? '');
  world.emit('charge.succeeded', charge);
  world.emit('payment_intent.succeeded', intent);
  if (dispute) openDispute(world, charge, dispute);
}

function fail(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
  charged: boolean,
): Refusal {
  const charge = charged ? newCharge(world, intent, method, { decline }) : undefined;
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.payment_method = null;
  intent.last_payment_error = {
    type: charged ? 'card_error' : 'invalid_request_error',
    code: decline.code as Stripe.PaymentIntent.LastPaymentError.Code,
    ...(decline.decline_code && { decline_code: decline.decline_code }),
    message: decline.message,
    payment_method: structuredClone(method),
    ...(charge && { charge: charge.id }),
  };
  if (charge) world.emit('charge.failed', charge);
  world.emit('payment_intent.payment_failed', intent);
  const { decline_code, ...rest } = decline;
  return new Refusal(402, {
    type: 'card_error',
    ...rest,
    ...(decline_code && { decline_code }),
    ...(charge && { charge: charge.id }),
    payment_intent: structuredClone(intent),
    payment_method: structuredClone(method),
  });
}

/** Debits settle when they are due. */
export function settleDebits(world: World): void {
  world.agenda.duty(settleDuty, (id) => {
    const intent = world.store.paymentIntents.get(id);
    if (intent.status !== 'processing') return;
    const charge = world.store.charges.get(idOf(intent.latest_charge) ?? '');
    const method = world.store.paymentMethods.get(idOf(intent.payment_method) ?? '');
    const { decline } = world.store.instruments.get(method.id);
    if (decline) {
      Object.assign(charge, { status: 'failed', failure_code: decline.code, failure_message: decline.message, paid: false });
      fail(world, intent, method, decline, false);
      return;
    }
    Object.assign(charge, { status: 'succeeded', paid: true, captured: true, amount_captured: charge.amount });
    creditCharge(world, charge);
    succeed(world, intent, charge);
  });
}
