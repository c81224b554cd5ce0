import type { Stripe } from 'stripe';
import { wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { moveBalance } from './balance.ts';
import type { Instrument } from './instruments.ts';

const day = 86_400;
const disputeFee = 1500;

const noEvidence = (): Stripe.Dispute.Evidence => ({
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
});

/** The cardholder disputes a charge; an inquiry moves no money. */
export function openDispute(world: World, charge: Stripe.Charge, kind: NonNullable<Instrument['dispute']>): Stripe.Dispute {
  if (charge.disputed) throw wrongState('charge_disputed', 'This charge has been disputed already.');
  const now = world.now(idOf(charge.customer));
  const inquiry = kind === 'inquiry';
  const dispute: Stripe.Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: now + 9 * day,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: inquiry ? 'general' : kind,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  };
  charge.disputed = true;
  world.store.disputes.add(dispute);
  world.emit('charge.dispute.created', dispute);
  if (!inquiry) {
    dispute.balance_transactions.push(
      moveBalance(world, {
        source: dispute.id,
        amount: -dispute.amount,
        fee: disputeFee,
        currency: dispute.currency,
        type: 'adjustment',
        category: 'dispute',
        at: now,
      }),
    );
    world.emit('charge.dispute.funds_withdrawn', dispute);
  }
  return dispute;
}

/** The bank decides; won gives the money back. */
export function closeDispute(world: World, dispute: Stripe.Dispute, outcome: 'won' | 'lost'): void {
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_closed' : outcome;
  if (!inquiry && outcome === 'won') {
    const charge = world.store.charges.find(idOf(dispute.charge));
    dispute.balance_transactions.push(
      moveBalance(world, {
        source: dispute.id,
        amount: dispute.amount,
        fee: -disputeFee,
        currency: dispute.currency,
        type: 'adjustment',
        category: 'dispute_reversal',
        at: world.now(idOf(charge?.customer)),
      }),
    );
    world.emit('charge.dispute.funds_reinstated', dispute);
  }
  world.emit('charge.dispute.closed', dispute);
}
