import type { Stripe } from 'stripe';
import { Refusal, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { attachPaymentMethod, paymentMethodFor } from './attach.ts';
import { asksForAuthentication } from './charge.ts';

export function newSetupIntent(world: World, given: Partial<Stripe.SetupIntent>): Stripe.SetupIntent {
  const id = newId('seti');
  const intent: Stripe.SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${letters(25)}`,
    created: world.now(idOf(given.customer)),
    customer: null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: given.payment_method ? 'requires_confirmation' : 'requires_payment_method',
    usage: 'off_session',
    ...given,
  };
  world.store.setupIntents.add(intent);
  world.emit('setup_intent.created', intent);
  return intent;
}

/** Keeps a payment method for later. A refusal is returned: it has happened. */
export function confirmSetup(
  world: World,
  intent: Stripe.SetupIntent,
  { method: chosen = idOf(intent.payment_method) ?? undefined, returnUrl }: { method?: string; returnUrl?: string },
): Refusal | undefined {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status))
    throw wrongState(
      'setup_intent_unexpected_state',
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}.`,
    );
  if (!chosen)
    throw wrongState(
      'setup_intent_unexpected_state',
      'You cannot confirm this SetupIntent because it is missing a payment method.',
    );
  const method = paymentMethodFor(world, chosen);
  const instrument = world.store.instruments.get(method.id);
  intent.payment_method = method.id;
  if (instrument.refusedAtSetup && instrument.decline) return refuse(world, intent, method, instrument.decline);
  if (asksForAuthentication(instrument)) {
    intent.status = 'requires_action';
    const url = `${world.url}/_sim/3ds/${intent.id}`;
    intent.next_action = returnUrl
      ? { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } }
      : ({
          type: 'use_stripe_sdk',
          use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url },
        } as Stripe.SetupIntent.NextAction);
    world.emit('setup_intent.requires_action', intent);
    return undefined;
  }
  succeed(world, intent, method);
  return undefined;
}

/** The customer authenticated, or failed to. */
export function authenticateSetup(world: World, intent: Stripe.SetupIntent, passed: boolean): Refusal | undefined {
  if (intent.status !== 'requires_action')
    throw wrongState('setup_intent_unexpected_state', 'This SetupIntent asks for no action.');
  const method = world.store.paymentMethods.get(idOf(intent.payment_method) ?? '');
  intent.next_action = null;
  if (passed) succeed(world, intent, method);
  else
    return refuse(world, intent, method, {
      code: 'setup_intent_authentication_failure',
      decline_code: '',
      message: 'The latest attempt to set up the payment method has failed because authentication failed.',
    });
  return undefined;
}

function succeed(world: World, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod): void {
  const customer = idOf(intent.customer);
  if (customer && !method.customer) attachPaymentMethod(world, method.id, customer);
  world.store.instruments.get(method.id).setUp = true;
  intent.status = 'succeeded';
  intent.last_setup_error = null;
  world.emit('setup_intent.succeeded', intent);
}

function refuse(
  world: World,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  { decline_code, ...why }: { code: string; decline_code: string; message: string },
): Refusal {
  const reason = { ...why, ...(decline_code && { decline_code }) };
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.last_setup_error = {
    type: 'card_error',
    ...reason,
    payment_method: structuredClone(method),
  } as Stripe.SetupIntent.LastSetupError;
  world.emit('setup_intent.setup_failed', intent);
  return new Refusal(402, {
    type: 'card_error',
    ...reason,
    setup_intent: structuredClone(intent),
    payment_method: structuredClone(method),
  });
}
