import type { Stripe } from 'stripe';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { debit, type TestCard } from './instruments.ts';

interface CardDetails {
  readonly exp_month?: number;
  readonly exp_year?: number;
}

const nobody: Stripe.PaymentMethod.BillingDetails = {
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};

const shell = (world: World, type: Stripe.PaymentMethod.Type): Stripe.PaymentMethod => ({
  id: newId('pm'),
  object: 'payment_method',
  allow_redisplay: 'unspecified',
  billing_details: structuredClone(nobody),
  created: world.now(),
  customer: null,
  customer_account: null,
  livemode: false,
  metadata: {},
  type,
});

/** The same card has the same fingerprint, whichever payment method holds it. */
const fingerprintOf = (number: string): string => Buffer.from(number).toString('base64url').slice(0, 16);

export function newCardMethod(world: World, card: TestCard, details: CardDetails = {}): Stripe.PaymentMethod {
  const method = shell(world, 'card');
  const { number, ...behaviour } = card;
  method.card = {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: card.brand,
    exp_month: details.exp_month ?? 12,
    exp_year: details.exp_year ?? new Date(world.now() * 1000).getUTCFullYear() + 3,
    fingerprint: fingerprintOf(number),
    funding: card.funding ?? 'credit',
    generated_from: null,
    last4: number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
  world.store.instruments.add({ ...behaviour, id: method.id, number, setUp: false });
  return world.store.paymentMethods.add(method);
}

export function newDebitMethod(world: World, type: 'sepa_debit' | 'us_bank_account', number: string): Stripe.PaymentMethod {
  const method = shell(world, type);
  const last4 = number.slice(-4);
  const fingerprint = fingerprintOf(number.slice(-12));
  if (type === 'sepa_debit')
    method.sepa_debit = {
      bank_code: number.slice(4, 12),
      branch_code: '',
      country: number.slice(0, 2),
      fingerprint,
      generated_from: { charge: null, setup_attempt: null },
      last4,
    };
  else
    method.us_bank_account = {
      account_holder_type: 'individual',
      account_type: 'checking',
      bank_name: 'STRIPE TEST BANK',
      financial_connections_account: null,
      fingerprint,
      last4,
      networks: { preferred: 'ach', supported: ['ach'] },
      routing_number: '110000000',
      status_details: {},
    };
  world.store.instruments.add({ ...debit(type, number), id: method.id, number, setUp: true });
  return world.store.paymentMethods.add(method);
}
