import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing, Refusal, wrongState } from '../http/errors.ts';
import { listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { attachPaymentMethod, paymentMethodFor } from '../payments/attach.ts';
import { testCard } from '../payments/instruments.ts';
import { newCardMethod, newDebitMethod } from '../payments/new-payment-method.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';

type Create = ParameterTypes['PaymentMethodCreateParams'];

/** A card by number or token, as forms and tests give it. */
export function createCard(
  world: World,
  card: { number?: string; token?: string; exp_month?: number; exp_year?: number },
): Stripe.PaymentMethod {
  const name = card.token ?? card.number;
  if (name === undefined) throw parameterMissing('card[number]');
  const known = testCard(name);
  if (!known)
    throw new Refusal(402, {
      type: 'card_error',
      code: 'incorrect_number',
      message: 'Your card number is incorrect.',
      param: 'number',
    });
  return newCardMethod(world, known, card);
}

function create(world: World, params: Create): Stripe.PaymentMethod {
  const method = made(world, params);
  const details = params.billing_details;
  if (details) {
    copyFields(method.billing_details, details, ['email', 'name', 'phone', 'tax_id']);
    if (details.address) Object.assign(method.billing_details.address ?? {}, details.address);
  }
  copyFields(method, params, ['allow_redisplay']);
  method.metadata = mergeMetadata(null, params.metadata);
  return method;
}

function made(world: World, params: Create): Stripe.PaymentMethod {
  if (params.payment_method) return paymentMethodFor(world, params.payment_method);
  if (params.type === 'sepa_debit') return newDebitMethod(world, 'sepa_debit', params.sepa_debit?.iban ?? '');
  if (params.type === 'us_bank_account')
    return newDebitMethod(world, 'us_bank_account', params.us_bank_account?.account_number ?? '');
  if (params.type !== 'card')
    throw invalid(`The simulator knows card, sepa_debit and us_bank_account, not ${params.type}.`, { param: 'type' });
  return createCard(world, params.card ?? {});
}

/** Detached from its customer, and nowhere the default any more. */
export function detachPaymentMethod(world: World, id: string): Stripe.PaymentMethod {
  const method = world.store.paymentMethods.get(id);
  const customer = typeof method.customer === 'string' ? method.customer : null;
  if (!customer)
    throw wrongState(
      'payment_method_unexpected_state',
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    );
  world.change('payment_method.detached', method, () => {
    method.customer = null;
  });
  const owner = world.store.customers.find(customer);
  if (owner?.invoice_settings.default_payment_method === id)
    world.change('customer.updated', owner, () => {
      owner.invoice_settings.default_payment_method = null;
    });
  return method;
}

export const paymentMethods: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/payment_methods', 'PaymentMethodCreateParams', ({ params }) => create(world, params));
  api.get('/v1/payment_methods', 'PaymentMethodListParams', ({ params }) =>
    listOf(
      store.paymentMethods.newest(
        ({ customer, type }) => customer !== null && matches(customer, params.customer) && matches<string>(type, params.type),
      ),
      params,
      '/v1/payment_methods',
    ),
  );
  api.get('/v1/payment_methods/:id', 'RetrieveParams', ({ id }) => paymentMethodFor(world, id, 'payment_method'));
  api.post('/v1/payment_methods/:id', 'PaymentMethodUpdateParams', ({ id, params }) => {
    const method = store.paymentMethods.get(id);
    world.change('payment_method.updated', method, () => {
      if (method.card && params.card) copyFields(method.card, params.card, ['exp_month', 'exp_year']);
      if (params.billing_details) copyFields(method.billing_details, params.billing_details, ['email', 'name', 'phone']);
      method.metadata = mergeMetadata(method.metadata, params.metadata);
    });
    return method;
  });
  api.post('/v1/payment_methods/:id/attach', 'PaymentMethodAttachParams', ({ id, params }) => {
    if (!params.customer) throw parameterMissing('customer');
    return attachPaymentMethod(world, id, store.customers.get(params.customer, 'customer').id);
  });
  api.post('/v1/payment_methods/:id/detach', 'PaymentMethodDetachParams', ({ id }) => detachPaymentMethod(world, id));
};
