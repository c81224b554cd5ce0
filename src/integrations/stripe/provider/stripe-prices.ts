import StripeSdk, { type Stripe } from 'stripe';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { Interval } from '../../../domain/calendar/billing-period.ts';
import type { SoldPlan } from '../../../modules/payments/index.ts';
import { inStripes } from '../stripe-amounts.ts';
import type { StripeClient } from '../stripe-client.ts';
import { hasCode } from '../stripe-failures.ts';

const recurring: Readonly<Record<Interval, { interval: 'week' | 'month' | 'year'; interval_count: number }>> = {
  weekly: { interval: 'week', interval_count: 1 },
  monthly: { interval: 'month', interval_count: 1 },
  quarterly: { interval: 'month', interval_count: 3 },
  semiannual: { interval: 'month', interval_count: 6 },
  yearly: { interval: 'year', interval_count: 1 },
};

/** The plan's own name for its price at Stripe, where it is unique: another amount is another price. */
const lookupKeyOf = ({ id, currency, interval }: SoldPlan, amount: bigint): string =>
  `florin:${id}:${currency.toLowerCase()}:${amount}:${interval}`;

/**
 * The price of this plan: the one Stripe has under the plan's lookup key, else a new one of the plan's product.
 * @throws BillingError payment_configuration for an amount that Stripe cannot charge
 */
export async function getOrCreatePrice(client: StripeClient, plan: SoldPlan): Promise<string> {
  const amount = inStripes(plan.amountCents, plan.currency);
  if (amount === undefined) throw new BillingError('payment_configuration');
  const lookupKey = lookupKeyOf(plan, amount);
  const look = async (sdk: Stripe): Promise<Stripe.Price | undefined> =>
    (await sdk.prices.list({ lookup_keys: [lookupKey], limit: 1 })).data[0];
  const known = await client.ask(look);
  if (known?.active) return known.id;
  const product = await getOrCreateProduct(client, plan);
  const params: Stripe.PriceCreateParams = {
    product,
    currency: plan.currency.toLowerCase(),
    // Text: a JavaScript number would lose the last digits of a large one.
    unit_amount_decimal: StripeSdk.Decimal.from(amount.toString()),
    recurring: recurring[plan.interval],
    lookup_key: lookupKey,
    // One that was archived by hand gives its key to the new one.
    transfer_lookup_key: true,
    metadata: { plan_id: plan.id, plan_code: plan.code },
  };
  const price = await client.write({
    key: `price:${lookupKey}:after:${known?.id ?? 'none'}`,
    look: async (sdk) => [await look(sdk)].find((found) => found?.active),
    send: (sdk, options) => sdk.prices.create(params, options),
  });
  return price.id;
}

/** One product a plan, under an id of our own, named as the buyer knows the plan (C19). */
async function getOrCreateProduct(client: StripeClient, { organizationId, id, code, displayName }: SoldPlan): Promise<string> {
  const productId = `florin_${id}`;
  const read = (sdk: Stripe): Promise<Stripe.Product> => sdk.products.retrieve(productId);
  const known = await client.find(read);
  const fields = { name: displayName, active: true };
  if (known) {
    if (known.name !== displayName || !known.active)
      await client.write({
        key: `product:${productId}:${displayName}:${known.updated}`,
        send: (sdk, options) => sdk.products.update(productId, fields, options),
      });
    return productId;
  }
  const metadata = { organization_id: organizationId, plan_id: id, plan_code: code };
  try {
    await client.write({
      key: `product:${productId}:${displayName}`,
      send: (sdk, options) => sdk.products.create({ id: productId, ...fields, metadata }, options),
    });
  } catch (error) {
    if (!hasCode(error, 'resource_already_exists')) throw error;
  }
  return productId;
}
