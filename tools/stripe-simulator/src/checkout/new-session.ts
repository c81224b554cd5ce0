import type { Stripe } from 'stripe';
import { sum } from '../billing/totals.ts';
import { newSetupIntent } from '../payments/setup.ts';
import { mergeMetadata } from '../world/fields.ts';
import { letters } from '../world/ids.ts';
import type { World } from '../world/world.ts';

type Create = Stripe.Checkout.SessionCreateParams;

const day = 86_400;

/** What is the same on every new session. */
const untouched = {
  adaptive_pricing: null,
  after_expiration: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_details: null,
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  subscription: null,
  wallet_options: null,
} satisfies Partial<Stripe.Checkout.Session>;

export function newCheckoutSession(world: World, params: Create, items: readonly Stripe.LineItem[]): Stripe.Checkout.Session {
  const id = `cs_test_${letters(58)}`;
  const mode = params.mode ?? 'payment';
  const customer = params.customer ?? null;
  const clock = world.time.clockOf(customer);
  const created = world.time.now(clock);
  const money = mode !== 'setup';
  const amount = (of: (item: Stripe.LineItem) => number): number | null => (money ? sum(items.map(of)) : null);
  const total = amount((item) => item.amount_total);
  const trial = params.subscription_data?.trial_period_days ?? params.subscription_data?.trial_end;
  const session: Stripe.Checkout.Session = {
    ...structuredClone(untouched),
    id,
    object: 'checkout.session',
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    amount_subtotal: amount((item) => item.amount_subtotal),
    amount_total: trial ? 0 : total,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    created,
    currency: items[0]?.currency ?? params.currency ?? null,
    customer,
    customer_creation: mode === 'payment' ? (params.customer_creation ?? 'if_required') : mode === 'setup' ? null : 'always',
    customer_email: params.customer_email ?? null,
    expires_at: params.expires_at ?? created + day,
    metadata: mergeMetadata(null, params.metadata),
    mode,
    payment_method_collection: params.payment_method_collection ?? (mode === 'subscription' ? 'always' : 'if_required'),
    payment_status: mode === 'setup' || total === 0 ? 'no_payment_required' : 'unpaid',
    setup_intent:
      mode === 'setup'
        ? newSetupIntent(world, { customer, metadata: mergeMetadata(null, params.setup_intent_data?.metadata) }).id
        : null,
    status: 'open',
    submit_type: params.submit_type ?? null,
    success_url: params.success_url ?? null,
    total_details: money
      ? {
          amount_discount: sum(items.map((item) => item.amount_discount)),
          amount_shipping: 0,
          amount_tax: sum(items.map((item) => item.amount_tax)),
        }
      : null,
    ui_mode: params.ui_mode ?? 'hosted_page',
    url: `${world.url}/c/pay/${id}`,
  };
  world.store.checkoutSessions.add(session);
  world.store.orders.set(id, { params });
  world.agenda.set('checkout.expire', id, session.expires_at, clock);
  return session;
}
