import type { Florin, Tenant } from './florin.ts';
import { make } from './shop.ts';
import { deliver } from './stripe.ts';

/** A customer with a subscription that waits for Stripe, and the fixtures of `stripe-objects.ts` under ids of its own. */
export interface StripeBuyer {
  readonly mark: string;
  /** External id of the customer. */
  readonly customer: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  /** The number that the fixtures' invoice has for this buyer. */
  readonly number: string;
  /** The event with its ids replaced by this buyer's. */
  own<T extends object>(event: T): T;
  /** Delivers these events in this order, under this buyer's ids, and works the inbox off. */
  send(...events: readonly object[]): Promise<void>;
  // oxlint-disable-next-line typescript/no-explicit-any
  subscription(): Promise<any>;
  // oxlint-disable-next-line typescript/no-explicit-any
  invoices(): Promise<any[]>;
  audit(type: string): Promise<object[]>;
}

let serial = 0;

/** `fields` are those of the operator's request for the subscription. */
export async function stripeBuyer(florin: Florin, tenant: Tenant, fields: object = {}): Promise<StripeBuyer> {
  const mark = `x${(serial += 1)}`;
  const customer = `customer ${mark}`;
  const number = `ABCD-${mark}`;
  const { lago_id: customerId } = await make(tenant.call, '/api/v1/customers', 'customer', { external_id: customer });
  const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
    subscription: {
      organization_id: tenant.id,
      external_customer_id: customer,
      plan_code: 'team',
      external_id: `sub ${mark}`,
      provider_subscription_id: `cs_${mark}1`,
      metadata: { colour: 'green' },
      ...fields,
    },
  });
  const subscriptionId = body.subscription.id as string;
  const own = <T extends object>(event: T): T =>
    JSON.parse(
      JSON.stringify(event)
        .replaceAll(/"(cus|sub|cs|pi|ch|inpay|in|cn|dp)_([A-Za-z0-9]+)"/g, `"$1_${mark}$2"`)
        .replaceAll('ABCD-0001', number),
    ) as T;
  return {
    mark,
    customer,
    customerId,
    subscriptionId,
    number,
    own,
    send: (...events) => deliver(florin, ...events.map(own)),
    subscription: async () => (await florin.operator('GET', `/admin/v1/subscriptions/${subscriptionId}`)).body.subscription,
    async invoices() {
      const { body: list } = await tenant.call('GET', `/api/v1/subscriptions/${subscriptionId}/invoices`);
      const read = async ({ id }: { id: string }) => (await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice;
      return Promise.all((list.invoices as { id: string }[]).map(read));
    },
    audit: async (type) =>
      (await florin.operator('GET', `/admin/v1/subscriptions/${subscriptionId}/audit?event_type=${type}`)).body.audit as object[],
  };
}

/** An event as the operator sees it in the inbox. */
export const inboxOf = async (florin: Florin, eventId: string) =>
  (await florin.operator('GET', `/admin/v1/inbound_events?event_id=${eventId}`)).body.inbound_events[0];
