import type { Stripe } from 'stripe';
import { customerBalance } from '../billing/customer-balance.ts';
import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { attachPaymentMethod } from '../payments/attach.ts';

type Create = ParameterTypes['CustomerCreateParams'];
type Update = ParameterTypes['CustomerUpdateParams'];

export function newCustomer(world: World, params: Create): Stripe.Customer {
  if (params.test_clock) world.store.testClocks.get(params.test_clock, 'test_clock');
  const customer: Stripe.Customer = {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: params.balance ?? 0,
    created: world.time.now(params.test_clock ?? null),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: params.invoice_prefix ?? letters(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: mergeMetadata(null, params.metadata),
    name: null,
    next_invoice_sequence: params.next_invoice_sequence ?? 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: params.test_clock ?? null,
  };
  copyCustomerFields(customer, params);
  world.store.customers.add(customer);
  const method = params.payment_method ?? params.invoice_settings?.default_payment_method;
  if (method) {
    const attached = attachPaymentMethod(world, method, customer.id, { silent: true });
    customer.invoice_settings.default_payment_method = params.invoice_settings?.default_payment_method ? attached.id : null;
  }
  world.emit('customer.created', customer);
  if (method)
    world.emit('payment_method.attached', world.store.paymentMethods.oldest((row) => idOf(row.customer) === customer.id).at(-1)!);
  return customer;
}

function copyCustomerFields(customer: Stripe.Customer, params: Create & Update): void {
  copyFields(customer, params, [
    'business_name',
    'description',
    'email',
    'individual_name',
    'name',
    'phone',
    'preferred_locales',
    'tax_exempt',
  ]);
  if (params.address !== undefined) customer.address = params.address ? { ...emptyAddress, ...params.address } : null;
  if (params.shipping !== undefined)
    customer.shipping = params.shipping
      ? { phone: null as never, ...params.shipping, address: { ...emptyAddress, ...params.shipping.address } }
      : null;
}

const emptyAddress: Stripe.Address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

function updateCustomer(world: World, id: string, params: Update): Stripe.Customer {
  const customer = world.store.customers.get(id);
  const { invoice_settings: settings } = params;
  if (settings?.default_payment_method) {
    const method = world.store.paymentMethods.get(settings.default_payment_method, 'invoice_settings[default_payment_method]');
    if (idOf(method.customer) !== id)
      throw wrongState(
        'resource_missing',
        `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`,
        'invoice_settings[default_payment_method]',
      );
  }
  world.change('customer.updated', customer, () => {
    copyCustomerFields(customer, params as Create & Update);
    if (params.balance !== undefined) customerBalance.adjust(world, customer, params.balance - customer.balance, 'adjustment');
    copyFields(customer, params, ['invoice_prefix', 'next_invoice_sequence']);
    if (settings?.default_payment_method !== undefined)
      customer.invoice_settings.default_payment_method = settings.default_payment_method || null;
    if (settings?.footer !== undefined) customer.invoice_settings.footer = settings.footer;
    customer.metadata = mergeMetadata(customer.metadata, params.metadata);
  });
  return customer;
}

function deleteCustomer(world: World, id: string): object {
  const customer = world.store.customers.get(id);
  world.emit('customer.deleted', customer);
  world.store.customers.remove(id);
  return { id, object: 'customer', deleted: true };
}

export const customers: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/customers', 'CustomerCreateParams', ({ params }) => newCustomer(world, params));
  api.get('/v1/customers', 'CustomerListParams', ({ params }) =>
    listOf(
      store.customers.newest(
        ({ email, created, test_clock }) =>
          matches(email, params.email) && inRange(created, params.created) && (test_clock ?? undefined) === params.test_clock,
      ),
      params,
      '/v1/customers',
    ),
  );
  api.get('/v1/customers/search', 'CustomerSearchParams', ({ params }) =>
    search(store.customers.newest(), params, '/v1/customers/search'),
  );
  api.get('/v1/customers/:id', 'RetrieveParams', ({ id }) => store.customers.get(id));
  api.post('/v1/customers/:id', 'CustomerUpdateParams', ({ id, params }) => updateCustomer(world, id, params));
  api.delete('/v1/customers/:id', 'CustomerDeleteParams', ({ id }) => deleteCustomer(world, id));
  api.get('/v1/customers/:id/payment_methods', 'CustomerListPaymentMethodsParams', ({ id, params }) => {
    const of = store.customers.get(id, 'customer').id;
    const all = store.paymentMethods.newest(({ customer, type }) => customer === of && matches<string>(type, params.type));
    return listOf(all, params, `/v1/customers/${id}/payment_methods`);
  });
  api.get('/v1/customers/:id/payment_methods/:part', 'RetrieveParams', ({ part }) => store.paymentMethods.get(part));
  api.post('/v1/customers/:id/balance_transactions', 'CustomerCreateBalanceTransactionParams', ({ id, params }) => {
    const customer = store.customers.get(id, 'customer');
    const transaction = customerBalance.adjust(world, customer, params.amount, 'adjustment', params.currency);
    transaction.description = params.description ?? null;
    transaction.metadata = mergeMetadata(null, params.metadata);
    world.emit('customer.updated', customer, { balance: customer.balance - params.amount });
    return transaction;
  });
  api.get('/v1/customers/:id/balance_transactions', 'CustomerListBalanceTransactionsParams', ({ id, params }) =>
    listOf(
      store.customerBalanceTransactions.newest(({ customer }) => customer === id),
      params,
      `/v1/customers/${id}/balance_transactions`,
    ),
  );
};
