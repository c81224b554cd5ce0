import type { Stripe } from 'stripe';
import { invalid, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { moveBalance } from './balance.ts';

const settleDuty = 'refund.settle';
const settlesAfterSeconds = 60;

export interface RefundOrder {
  readonly charge: Stripe.Charge;
  /** The rest, unless told. */
  readonly amount?: number;
  readonly reason?: Stripe.Refund.Reason;
  readonly metadata?: Stripe.Metadata;
}

export function refund(world: World, { charge, amount, reason, metadata }: RefundOrder): Stripe.Refund {
  const rest = charge.amount_captured - charge.amount_refunded;
  if (charge.status !== 'succeeded')
    throw wrongState('charge_not_refundable', `Charge ${charge.id} has not succeeded and cannot be refunded.`);
  if (rest === 0) throw wrongState('charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
  const wanted = amount ?? rest;
  if (wanted < 1) throw invalid('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  if (wanted > rest)
    throw invalid(`Refund amount (${wanted}) is greater than unrefunded amount on charge (${rest})`, { param: 'amount' });
  const kind = world.store.instruments.find(charge.payment_method)?.refund;
  const customer = idOf(charge.customer);
  const clock = world.time.clockOf(customer);
  const made: Stripe.Refund = {
    id: newId('re'),
    object: 'refund',
    amount: wanted,
    balance_transaction: null,
    charge: charge.id,
    created: world.time.now(clock),
    currency: charge.currency,
    customer,
    customer_account: null,
    destination_details: {
      type: 'card',
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
    },
    metadata: metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: kind === 'pending' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  };
  made.balance_transaction = moveBalance(world, {
    source: made.id,
    amount: -wanted,
    currency: charge.currency,
    type: 'refund',
    at: made.created,
  }).id;
  world.store.refunds.add(made);
  charge.amount_refunded += wanted;
  charge.refunded = charge.amount_refunded === charge.amount;
  world.emit('refund.created', made);
  world.emit('charge.refunded', charge, {
    amount_refunded: charge.amount_refunded - wanted,
    ...(charge.refunded && { refunded: false }),
  });
  if (kind) world.agenda.set(settleDuty, made.id, made.created + settlesAfterSeconds, clock);
  return made;
}

/** The bank refuses a refund: the money comes back. */
export function failRefund(world: World, made: Stripe.Refund, reason: string): void {
  const charge = world.store.charges.find(idOf(made.charge));
  changeRefund(world, made, () => {
    made.status = 'failed';
    made.failure_reason = reason;
    made.failure_balance_transaction = moveBalance(world, {
      source: made.id,
      amount: made.amount,
      currency: made.currency,
      type: 'refund_failure',
      at: world.now(idOf(charge?.customer)),
    }).id;
  });
  world.emit('refund.failed', made);
  if (charge)
    world.change('charge.updated', charge, () => {
      charge.amount_refunded -= made.amount;
      charge.refunded = false;
    });
}

/** A refund that changes is told under both its names. */
export function changeRefund(world: World, made: Stripe.Refund, mutate: () => void): void {
  const former = structuredClone(made);
  world.change('refund.updated', made, mutate);
  if (JSON.stringify(former) !== JSON.stringify(made)) world.emit('charge.refund.updated', made);
}

export function settleRefunds(world: World): void {
  world.agenda.duty(settleDuty, (id) => {
    const made = world.store.refunds.get(id);
    if (made.status === 'pending')
      changeRefund(world, made, () => {
        made.status = 'succeeded';
      });
    else if (made.status === 'succeeded') failRefund(world, made, 'unknown');
  });
}
