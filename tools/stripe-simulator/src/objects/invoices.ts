import type { Stripe } from 'stripe';
import { intentOf, pay, scheduleFinalizing, finalizeAndCollect } from '../billing/collect.ts';
import { addInvoice, compose, recompose } from '../billing/compose.ts';
import {
  addInvoicePayment,
  finalize,
  markUncollectible,
  payOutOfBand,
  subscriptionOf,
  voidInvoice,
} from '../billing/invoice-life.ts';
import { preview } from '../billing/preview.ts';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing, Refusal, wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { newDiscount } from './discounts.ts';

type Create = ParameterTypes['InvoiceCreateParams'];

function create(world: World, params: Create): Stripe.Invoice {
  if (!params.customer) throw parameterMissing('customer');
  const customer = world.store.customers.get(params.customer, 'customer');
  const subscription = params.subscription ? world.store.subscriptions.get(params.subscription, 'subscription') : undefined;
  const collectionMethod = params.collection_method ?? 'charge_automatically';
  if (collectionMethod === 'send_invoice' && params.days_until_due === undefined && params.due_date === undefined)
    throw parameterMissing('days_until_due');
  const currency = (params.currency ?? subscription?.currency ?? customer.currency ?? 'usd').toLowerCase();
  const takes = params.pending_invoice_items_behavior === 'include' || subscription !== undefined;
  const now = world.now(customer.id);
  const composed = compose(world, {
    customer,
    currency,
    reason: subscription ? 'subscription_update' : 'manual',
    subscription,
    lines: [],
    pendingItems: takes
      ? world.store.invoiceItems.oldest(
          (item) => item.customer === customer.id && item.invoice === null && item.currency === currency,
        )
      : [],
    collectionMethod,
    daysUntilDue: params.days_until_due ?? null,
    autoAdvance: params.auto_advance ?? false,
    discounts: (params.discounts || []).map((one) => newDiscount(world, one, { customer: customer.id }).id),
    defaultTaxRates: (params.default_tax_rates ?? []).map((rate) =>
      structuredClone(world.store.taxRates.get(rate, 'default_tax_rates')),
    ),
    period: { start: now, end: now },
    metadata: mergeMetadata(null, params.metadata),
  });
  copyFields(composed.invoice, params, [
    'default_payment_method',
    'description',
    'due_date',
    'footer',
    'number',
    'statement_descriptor',
  ]);
  composed.invoice.automatic_tax.enabled = params.automatic_tax?.enabled ?? false;
  const invoice = addInvoice(world, composed);
  scheduleFinalizing(world, invoice);
  return invoice;
}

function update(world: World, id: string, params: ParameterTypes['InvoiceUpdateParams']): Stripe.Invoice {
  const invoice = world.store.invoices.get(id);
  const frozen = Object.keys(params).filter(
    (name) => !['metadata', 'expand', 'auto_advance', 'default_payment_method', 'payment_settings'].includes(name),
  );
  if (invoice.status !== 'draft' && frozen.length > 0)
    throw wrongState('invoice_not_editable', `Finalized invoices can't be updated in this way: ${frozen.join(', ')}`, frozen[0]);
  world.change('invoice.updated', invoice, () => {
    copyFields(invoice, params, [
      'auto_advance',
      'collection_method',
      'default_payment_method',
      'description',
      'due_date',
      'footer',
      'number',
      'statement_descriptor',
    ]);
    invoice.metadata = mergeMetadata(invoice.metadata, params.metadata);
    if (params.discounts !== undefined)
      invoice.discounts = (params.discounts || []).map(
        (one) => newDiscount(world, one, { customer: invoice.customer as string }).id,
      );
    if (params.default_tax_rates !== undefined)
      invoice.default_tax_rates = (params.default_tax_rates || []).map((rate) => structuredClone(world.store.taxRates.get(rate)));
    if (invoice.status === 'draft') recompose(world, invoice);
  });
  if (invoice.status === 'draft') scheduleFinalizing(world, invoice);
  return invoice;
}

function payNow(world: World, id: string, params: ParameterTypes['InvoicePayParams']): Stripe.Invoice {
  const invoice = world.store.invoices.get(id);
  if (params.paid_out_of_band) {
    if (invoice.status === 'draft') finalize(world, invoice);
    payOutOfBand(world, invoice);
    return invoice;
  }
  const refusal = pay(world, invoice, {
    ...(params.payment_method && { method: params.payment_method }),
  });
  if (refusal) throw refusal;
  if (intentOf(world, invoice)?.status === 'requires_action')
    throw new Refusal(402, {
      type: 'card_error',
      code: 'invoice_payment_intent_requires_action',
      message: 'This payment requires additional user action before it can be completed successfully.',
    });
  return invoice;
}

function remove(world: World, id: string): object {
  const invoice = world.store.invoices.get(id);
  if (invoice.status !== 'draft') throw wrongState('invoice_not_editable', 'You can only delete draft invoices.');
  if (subscriptionOf(invoice)) throw invalid('Invoices of subscriptions cannot be deleted.');
  world.agenda.set('invoice.finalize', id, null, null);
  for (const item of world.store.invoiceItems.oldest((one) => one.invoice === id)) item.invoice = null;
  world.store.invoices.remove(id);
  world.emit('invoice.deleted', invoice);
  return { id, object: 'invoice', deleted: true };
}

const isListed = (row: Stripe.Invoice, params: ParameterTypes['InvoiceListParams']): boolean =>
  matches(row.customer, params.customer) &&
  matches<string | null>(row.status, params.status) &&
  matches(subscriptionOf(row) ?? undefined, params.subscription) &&
  matches<string>(row.collection_method, params.collection_method) &&
  inRange(row.created, params.created) &&
  inRange(row.due_date, params.due_date);

export const invoices: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/invoices', 'InvoiceCreateParams', ({ params }) => create(world, params));
  api.get('/v1/invoices', 'InvoiceListParams', ({ params }) =>
    listOf(
      store.invoices.newest((row) => isListed(row, params)),
      params,
      '/v1/invoices',
    ),
  );
  api.get('/v1/invoices/search', 'InvoiceSearchParams', ({ params }) =>
    search(store.invoices.newest(), params, '/v1/invoices/search'),
  );
  api.post('/v1/invoices/create_preview', 'InvoiceCreatePreviewParams', ({ params }) => preview(world, params));
  api.get('/v1/invoices/:id', 'RetrieveParams', ({ id }) => store.invoices.get(id));
  api.post('/v1/invoices/:id', 'InvoiceUpdateParams', ({ id, params }) => update(world, id, params));
  api.delete('/v1/invoices/:id', 'RetrieveParams', ({ id }) => remove(world, id));
  api.get('/v1/invoices/:id/lines', 'InvoiceListLineItemsParams', ({ id, params }) => {
    store.invoices.get(id, 'invoice');
    return listOf(
      (store.lines.get(id) ?? []).map(({ row }) => row),
      params,
      `/v1/invoices/${id}/lines`,
    );
  });
  api.post('/v1/invoices/:id/finalize', 'InvoiceFinalizeInvoiceParams', ({ id, params }) => {
    const invoice = store.invoices.get(id);
    if (params.auto_advance ?? invoice.auto_advance) finalizeAndCollect(world, invoice);
    else finalize(world, invoice);
    return invoice;
  });
  api.post('/v1/invoices/:id/pay', 'InvoicePayParams', ({ id, params }) => payNow(world, id, params));
  api.post('/v1/invoices/:id/send', 'InvoiceSendInvoiceParams', ({ id }) => {
    const invoice = store.invoices.get(id);
    if (invoice.status === 'draft') finalize(world, invoice);
    world.emit('invoice.sent', invoice);
    return invoice;
  });
  api.post('/v1/invoices/:id/void', 'InvoiceVoidInvoiceParams', ({ id }) => {
    voidInvoice(world, store.invoices.get(id));
    return store.invoices.get(id);
  });
  api.post('/v1/invoices/:id/mark_uncollectible', 'InvoiceMarkUncollectibleParams', ({ id }) => {
    markUncollectible(world, store.invoices.get(id));
    return store.invoices.get(id);
  });
  api.post('/v1/invoices/:id/attach_payment', 'InvoiceAttachPaymentParams', ({ id, params }) => attach(world, id, params));
};

/** Another payment towards an open invoice; one that already succeeded counts at once. */
function attach(world: World, id: string, params: ParameterTypes['InvoiceAttachPaymentParams']): Stripe.Invoice {
  const invoice = world.store.invoices.get(id);
  if (invoice.status !== 'open') throw wrongState('invoice_not_editable', 'Payments can be attached to open invoices only.');
  if (!params.payment_intent) throw parameterMissing('payment_intent');
  const intent = world.store.paymentIntents.get(params.payment_intent, 'payment_intent');
  if (idOf(intent.customer) !== invoice.customer)
    throw invalid('The PaymentIntent belongs to another customer.', { param: 'payment_intent' });
  addInvoicePayment(world, invoice, intent.id, intent.amount, false);
  if (intent.status === 'succeeded') world.emit('payment_intent.succeeded', intent);
  return invoice;
}
