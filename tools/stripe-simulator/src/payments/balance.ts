import type { Stripe } from 'stripe';
import { percentOf } from '../billing/exact.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

/** A movement on the account's balance. `amount` is signed; the fee is taken off. */
export function moveBalance(
  world: World,
  movement: {
    source: string;
    amount: number;
    fee?: number;
    currency: string;
    type: Stripe.BalanceTransaction.Type;
    category?: string;
    at: number;
  },
): Stripe.BalanceTransaction {
  const { source, amount, fee = 0, currency, type, category = type, at } = movement;
  return world.store.balanceTransactions.add({
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: at,
    balance_type: 'payments',
    created: at,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0 ? [] : [{ amount: fee, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' }],
    livemode: false,
    net: amount - fee,
    reporting_category: category,
    source,
    status: 'available',
    type,
  } as Stripe.BalanceTransaction);
}

/** 2.9 % and 30 minor units, like a card's. */
export const feeOf = (amount: number): number => Math.min(amount, percentOf(amount, 2.9) + 30);
