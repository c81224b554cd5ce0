import type { Stripe } from 'stripe';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

type Links = Partial<Pick<Stripe.CustomerBalanceTransaction, 'invoice' | 'credit_note'>>;

/** The credit balance of a customer: negative is money of the customer's. Every change leaves a transaction. */
function adjust(
  world: World,
  customer: Stripe.Customer,
  amount: number,
  type: Stripe.CustomerBalanceTransaction.Type,
  currency: string = customer.currency ?? 'usd',
  links: Links = {},
): Stripe.CustomerBalanceTransaction {
  customer.balance += amount;
  customer.currency ??= currency;
  return world.store.customerBalanceTransactions.add({
    id: newId('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: world.now(customer.id),
    credit_note: links.credit_note ?? null,
    currency,
    customer: customer.id,
    customer_account: null,
    description: null,
    ending_balance: customer.balance,
    invoice: links.invoice ?? null,
    livemode: false,
    metadata: {},
    type,
  });
}

export const customerBalance = { adjust };
