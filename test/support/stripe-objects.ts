/** Stripe's objects as 2026-10-28.endive prints them, and as 2022-11-15 did; only what a handler could read. */
const at = (iso: string): number => Date.parse(iso) / 1_000;

export const jan1 = at('2026-01-01T00:00:00Z');
export const feb1 = at('2026-02-01T00:00:00Z');

export const invoiceLine = (fields: object = {}) => ({
  id: 'il_1',
  object: 'line_item',
  amount: 4900,
  currency: 'usd',
  description: '1 × Team (at $49.00 / month)',
  quantity: 1,
  period: { start: jan1, end: feb1 },
  parent: {
    type: 'subscription_item_details',
    subscription_item_details: { subscription: 'sub_1', subscription_item: 'si_1', proration: false },
  },
  pricing: { type: 'price_details', price_details: { price: 'price_1', product: 'prod_1' }, unit_amount_decimal: '4900' },
  taxes: [],
  ...fields,
});

export const stripeInvoice = (fields: object = {}, lines: readonly object[] = [invoiceLine()]) => ({
  id: 'in_1ABCDEFGH12345678',
  object: 'invoice',
  status: 'draft',
  customer: 'cus_1',
  currency: 'usd',
  number: null,
  created: jan1,
  due_date: null,
  period_start: jan1,
  period_end: jan1,
  subtotal: 4900,
  total: 4900,
  total_discount_amounts: [],
  total_taxes: [],
  amount_due: 4900,
  amount_paid: 0,
  amount_remaining: 4900,
  attempt_count: 0,
  billing_reason: 'subscription_create',
  hosted_invoice_url: null,
  invoice_pdf: null,
  lines: { object: 'list', data: lines, has_more: false },
  parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1', metadata: {} } },
  status_transitions: { finalized_at: null, paid_at: null, voided_at: null, marked_uncollectible_at: null },
  ...fields,
});

export const finalized = {
  status: 'open',
  number: 'ABCD-0001',
  hosted_invoice_url: 'https://invoice.stripe.test/i/1',
  invoice_pdf: 'https://invoice.stripe.test/i/1/pdf',
  status_transitions: { finalized_at: jan1 + 60, paid_at: null, voided_at: null, marked_uncollectible_at: null },
};

export const paid = {
  ...finalized,
  status: 'paid',
  amount_paid: 4900,
  amount_remaining: 0,
  attempt_count: 1,
  status_transitions: { finalized_at: jan1 + 60, paid_at: jan1 + 90, voided_at: null, marked_uncollectible_at: null },
};

/** The same invoice as older versions print it. */
export const olderInvoice = (fields: object = {}) => {
  const { parent: _parent, total_taxes: _taxes, ...rest } = stripeInvoice(fields);
  return {
    ...rest,
    subscription: 'sub_1',
    subscription_details: { metadata: {} },
    payment_intent: 'pi_1',
    charge: 'ch_1',
    paid: (fields as { status?: string }).status === 'paid',
    tax: 0,
    total_tax_amounts: [],
    lines: {
      object: 'list',
      has_more: false,
      data: [
        {
          id: 'il_1',
          object: 'line_item',
          amount: 4900,
          description: '1 × Team (at $49.00 / month)',
          quantity: 1,
          period: { start: jan1, end: feb1 },
          subscription: 'sub_1',
          type: 'subscription',
          price: { id: 'price_1', unit_amount_decimal: '4900' },
          tax_amounts: [],
        },
      ],
    },
  };
};

export const stripeSubscription = (fields: object = {}) => ({
  id: 'sub_1',
  object: 'subscription',
  customer: 'cus_1',
  status: 'active',
  metadata: {},
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  ended_at: null,
  trial_end: null,
  pause_collection: null,
  items: {
    object: 'list',
    has_more: false,
    data: [{ id: 'si_1', quantity: 1, price: { id: 'price_1' }, current_period_start: jan1, current_period_end: feb1 }],
  },
  ...fields,
});

export const checkoutSession = (fields: object = {}) => ({
  id: 'cs_1',
  object: 'checkout.session',
  mode: 'subscription',
  status: 'complete',
  payment_status: 'paid',
  customer: 'cus_1',
  subscription: 'sub_1',
  invoice: 'in_1ABCDEFGH12345678',
  metadata: {},
  ...fields,
});

export const invoicePayment = (fields: object = {}) => ({
  id: 'inpay_1',
  object: 'invoice_payment',
  invoice: 'in_1ABCDEFGH12345678',
  amount_paid: 4900,
  amount_requested: 4900,
  currency: 'usd',
  is_default: true,
  status: 'paid',
  payment: { type: 'payment_intent', payment_intent: 'pi_1' },
  status_transitions: { paid_at: jan1 + 90, canceled_at: null },
  ...fields,
});

export const stripeCharge = (fields: object = {}) => ({
  id: 'ch_1',
  object: 'charge',
  amount: 4900,
  amount_refunded: 0,
  currency: 'usd',
  customer: 'cus_1',
  payment_intent: 'pi_1',
  refunded: false,
  ...fields,
});
