import type { Stripe } from 'stripe';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { feeOf, moveBalance } from './balance.ts';
import type { Decline, Instrument } from './instruments.ts';

function methodDetails(method: Stripe.PaymentMethod): Stripe.Charge.PaymentMethodDetails {
  const { card } = method;
  if (!card) return { type: method.type } as Stripe.Charge.PaymentMethodDetails;
  return {
    type: 'card',
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: card.regulated_status,
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

const outcomeOf = (decline: Decline | undefined): Stripe.Charge.Outcome => ({
  advice_code: null,
  network_advice_code: null,
  network_decline_code: decline ? '01' : null,
  network_status: decline ? 'declined_by_network' : 'approved_by_network',
  reason: decline?.decline_code ?? null,
  risk_level: 'normal',
  risk_score: 17,
  seller_message: decline ? 'The bank did not return any further details with this decline.' : 'Payment complete.',
  type: decline ? 'issuer_declined' : 'authorized',
});

/** One attempt to take the money of an intent; `pending` until a debit is through. */
export function newCharge(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { decline, pending = false }: { decline?: Decline; pending?: boolean },
): Stripe.Charge {
  const customer = typeof intent.customer === 'string' ? intent.customer : null;
  const paid = !decline;
  const captured = paid && intent.capture_method !== 'manual';
  const charge: Stripe.Charge = {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured && !pending ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { ...method.billing_details, tax_id: method.billing_details.tax_id ?? null },
    calculated_statement_descriptor: 'SIMULATOR',
    captured,
    created: world.now(customer),
    currency: intent.currency,
    customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid: paid && !pending,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: methodDetails(method),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: decline ? 'failed' : pending ? 'pending' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
  if (paid) charge.receipt_url = `${world.url}/_sim/receipts/${charge.id}`;
  world.store.charges.add(charge);
  if (captured && !pending) creditCharge(world, charge);
  intent.latest_charge = charge.id;
  return charge;
}

/** The money of a charge arrives on the balance. */
export function creditCharge(world: World, charge: Stripe.Charge): void {
  charge.balance_transaction = moveBalance(world, {
    source: charge.id,
    amount: charge.amount_captured,
    fee: feeOf(charge.amount_captured),
    currency: charge.currency,
    type: 'charge',
    at: world.now(typeof charge.customer === 'string' ? charge.customer : null),
  }).id;
}

/** Whether this instrument asks for 3-D Secure now. */
export const asksForAuthentication = (instrument: Instrument): boolean =>
  instrument.authenticate === 'always' || (instrument.authenticate === 'unless_set_up' && !instrument.setUp);
