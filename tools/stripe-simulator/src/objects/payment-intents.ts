import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing, wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import { attachPaymentMethod, paymentMethodFor } from '../payments/attach.ts';
import { confirm, succeed } from '../payments/confirm.ts';
import { creditCharge } from '../payments/charge.ts';
import { newPaymentIntent } from '../payments/new-payment-intent.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { createCard } from './payment-methods.ts';

type Create = ParameterTypes['PaymentIntentCreateParams'];

/** The payment method a request names, or describes. */
function methodOf(world: World, params: Pick<Create, 'payment_method' | 'payment_method_data'>): string | undefined {
  const card = (params.payment_method_data as { card?: { number?: string; token?: string } } | undefined)?.card;
  return params.payment_method
    ? paymentMethodFor(world, params.payment_method).id
    : card
      ? createCard(world, card).id
      : undefined;
}

function create(world: World, params: Create): Stripe.PaymentIntent {
  if (params.amount < 1) throw invalid('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  const customer = params.customer ? world.store.customers.get(params.customer, 'customer').id : null;
  const method = methodOf(world, params);
  const intent = newPaymentIntent(world, {
    amount: params.amount,
    currency: params.currency.toLowerCase(),
    customer,
    payment_method: method ?? null,
    automatic_payment_methods: params.automatic_payment_methods
      ? { allow_redirects: 'always', ...params.automatic_payment_methods }
      : null,
    capture_method: params.capture_method ?? 'automatic_async',
    confirmation_method: params.confirmation_method ?? 'automatic',
    description: params.description ?? null,
    metadata: mergeMetadata(null, params.metadata),
    receipt_email: params.receipt_email ?? null,
    setup_future_usage: params.setup_future_usage ?? null,
    statement_descriptor: params.statement_descriptor ?? null,
    transfer_group: params.transfer_group ?? null,
  });
  if (params.confirm) confirmOrThrow(world, intent, params);
  return intent;
}

function confirmOrThrow(world: World, intent: Stripe.PaymentIntent, params: ParameterTypes['PaymentIntentConfirmParams']): void {
  const method = methodOf(world, params);
  if (params.setup_future_usage) intent.setup_future_usage = params.setup_future_usage;
  const refusal = confirm(world, intent, {
    ...(method && { method }),
    ...(params.return_url && { returnUrl: params.return_url }),
    offSession: params.off_session === true,
  });
  if (refusal) throw refusal;
  const saved = world.store.paymentMethods.find(idOf(intent.payment_method));
  const customer = idOf(intent.customer);
  if (intent.setup_future_usage && customer && saved && !saved.customer) attachPaymentMethod(world, saved.id, customer);
}

function capture(world: World, intent: Stripe.PaymentIntent, amount: number): void {
  if (intent.status !== 'requires_capture')
    throw wrongState(
      'payment_intent_unexpected_state',
      `This PaymentIntent could not be captured because it has a status of ${intent.status}.`,
    );
  if (amount > intent.amount_capturable)
    throw invalid('The amount to capture exceeds the capturable amount.', {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
  const charge = world.store.charges.get(idOf(intent.latest_charge) ?? '');
  charge.captured = true;
  charge.amount_captured = amount;
  creditCharge(world, charge);
  world.emit('charge.captured', charge);
  succeed(world, intent, charge);
}

export function cancelPaymentIntent(
  world: World,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): void {
  if (intent.status === 'succeeded' || intent.status === 'canceled')
    throw wrongState(
      'payment_intent_unexpected_state',
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
    );
  intent.status = 'canceled';
  intent.canceled_at = world.now(idOf(intent.customer));
  intent.cancellation_reason = reason;
  intent.next_action = null;
  intent.amount_capturable = 0;
  world.emit('payment_intent.canceled', intent);
}

export const paymentIntents: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/payment_intents', 'PaymentIntentCreateParams', ({ params }) => create(world, params));
  api.get('/v1/payment_intents', 'PaymentIntentListParams', ({ params }) =>
    listOf(
      store.paymentIntents.newest(
        ({ customer, created }) => matches(customer, params.customer) && inRange(created, params.created),
      ),
      params,
      '/v1/payment_intents',
    ),
  );
  api.get('/v1/payment_intents/search', 'PaymentIntentSearchParams', ({ params }) =>
    search(store.paymentIntents.newest(), params, '/v1/payment_intents/search'),
  );
  api.get('/v1/payment_intents/:id', 'PaymentIntentRetrieveParams', ({ id }) => store.paymentIntents.get(id, 'intent'));
  api.post('/v1/payment_intents/:id', 'PaymentIntentUpdateParams', ({ id, params }) => {
    const intent = store.paymentIntents.get(id, 'intent');
    const method = methodOf(world, params);
    copyFields(intent, params, [
      'amount',
      'currency',
      'customer',
      'description',
      'receipt_email',
      'setup_future_usage',
      'statement_descriptor',
    ]);
    intent.metadata = mergeMetadata(intent.metadata, params.metadata);
    if (method) Object.assign(intent, { payment_method: method, status: 'requires_confirmation' });
    return intent;
  });
  api.post('/v1/payment_intents/:id/confirm', 'PaymentIntentConfirmParams', ({ id, params }) => {
    const intent = store.paymentIntents.get(id, 'intent');
    confirmOrThrow(world, intent, params);
    return intent;
  });
  api.post('/v1/payment_intents/:id/capture', 'PaymentIntentCaptureParams', ({ id, params }) => {
    const intent = store.paymentIntents.get(id, 'intent');
    capture(world, intent, params.amount_to_capture ?? intent.amount_capturable);
    return intent;
  });
  api.post('/v1/payment_intents/:id/cancel', 'PaymentIntentCancelParams', ({ id, params }) => {
    const intent = store.paymentIntents.get(id, 'intent');
    const paysInvoice = store.invoicePayments.first(({ payment }) => payment.payment_intent === id);
    if (paysInvoice)
      throw wrongState(
        'payment_intent_unexpected_state',
        'You cannot cancel a PaymentIntent of an invoice: void the invoice instead.',
      );
    cancelPaymentIntent(world, intent, params.cancellation_reason ?? null);
    return intent;
  });
};

/** A charge of old: an intent that is confirmed at once. */
export function chargeAtOnce(world: World, params: ParameterTypes['ChargeCreateParams']): Stripe.Charge {
  const { amount, currency } = params;
  if (amount === undefined) throw parameterMissing('amount');
  if (currency === undefined) throw parameterMissing('currency');
  const source = params.source ?? 'tok_visa';
  const intent = create(world, {
    amount,
    currency,
    confirm: true,
    payment_method: paymentMethodFor(world, source, 'source').id,
    ...(params.customer && { customer: params.customer }),
    ...(params.description && { description: params.description }),
    ...(params.metadata && { metadata: params.metadata }),
    ...(params.capture === false && { capture_method: 'manual' as const }),
  });
  return world.store.charges.get(idOf(intent.latest_charge) ?? '');
}
