import StripeSdk, { type Stripe } from 'stripe';
import { joinSimulator } from '../../tools/stripe-simulator/src/index.ts';
import {
  customerWith,
  openReceiver,
  openStripe,
  priceOf,
  type Receiver,
  type SimulatedStripe,
} from '../support/simulated-stripe.ts';

interface Deliveries {
  deliveries: { event: string; type: string; state: string; attempts: { at: number; status: number | null }[] }[];
}

describe('deliveries of the simulated Stripe', () => {
  let sim: SimulatedStripe;
  let receiver: Receiver;
  let endpoint: Stripe.WebhookEndpoint;
  beforeEach(async () => {
    receiver = await openReceiver();
    sim = await openStripe();
    endpoint = await sim.stripe.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: [
        'customer.created',
        'customer.updated',
        'customer.subscription.created',
        'charge.refunded',
        'invoice.paid',
      ],
    });
  });
  afterEach(async () => {
    await sim.stop();
    await receiver.stop();
  });
  const read = ({ body, signature }: Receiver['received'][number], secret = endpoint.secret ?? '') =>
    StripeSdk.webhooks.constructEvent(body, signature, secret);
  const sent = async () => (await sim.control<Deliveries>('POST', 'deliveries/idle')).deliveries;

  it('are tried again until answered 2xx, as the schedule says, sooner by the clock', async () => {
    receiver.answers.push(500, 302);
    const { id } = await sim.stripe.customers.create();
    expect(await sent()).toMatchObject([{ state: 'pending', attempts: [{ status: 500 }] }]);
    expect((await sim.stripe.events.list({ delivery_success: false })).data).toMatchObject([{ data: { object: { id } } }]);
    sim.simulator.advance(5 * 60);
    expect(await sent()).toMatchObject([{ attempts: [{ status: 500 }, { status: 302 }] }]);
    sim.simulator.advance(30 * 60);
    expect(await sent()).toMatchObject([{ state: 'delivered', attempts: [{ status: 500 }, { status: 302 }, { status: 200 }] }]);
    expect(receiver.received.map((one) => read(one).id)).toHaveLength(3);
    expect((await sim.stripe.events.list({ delivery_success: false })).data).toEqual([]);
  });

  it('of a test clock come again when it is advanced', async () => {
    receiver.answers.push(503);
    const clock = await sim.stripe.testHelpers.testClocks.create({ frozen_time: 1_770_000_000 });
    const { id } = await sim.stripe.customers.create({ test_clock: clock.id });
    await sim.simulator.idle();
    await sim.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_770_000_000 + 3600 });
    let { status } = await sim.stripe.testHelpers.testClocks.retrieve(clock.id);
    while (status !== 'ready') ({ status } = await sim.stripe.testHelpers.testClocks.retrieve(clock.id));
    await sim.control('POST', 'clock', { advance: 0 });
    await sim.simulator.idle();
    expect(receiver.events().map(({ data }) => (data.object as { id: string }).id)).toEqual([id, id]);
  });

  it('give up after the last try', async () => {
    receiver.answers.push(...Array.from({ length: 20 }, () => 500));
    await sim.stripe.customers.create();
    await sim.simulator.idle();
    for (let day = 0; day < 12; day += 1) {
      sim.simulator.advance(86_400);
      await sim.simulator.idle();
    }
    expect(await sent()).toMatchObject([{ state: 'failed' }]);
    expect(receiver.received).toHaveLength(10);
  });

  it('are dropped, doubled, reordered and mis-signed as planned', async () => {
    const { simulator, stripe } = sim;
    simulator.plan({ on: 'delivery', type: 'customer.created', fault: { kind: 'drop' } });
    await stripe.customers.create({ name: 'dropped' });
    simulator.plan({ on: 'delivery', type: 'customer.created', fault: { kind: 'duplicate', copies: 3 } });
    await stripe.customers.create({ name: 'tripled' });
    await simulator.idle();
    simulator.plan({ on: 'delivery', type: 'customer.created', fault: { kind: 'reorder', behind: 1 } });
    const late = await stripe.customers.create({ name: 'late' });
    await stripe.customers.update(late.id, { name: 'later' });
    await simulator.idle();
    simulator.plan({ on: 'delivery', fault: { kind: 'signature', how: 'wrong' } });
    await stripe.customers.create({ name: 'forged' });
    await simulator.idle();
    simulator.plan({ on: 'delivery', fault: { kind: 'signature', how: 'stale' } });
    await stripe.customers.create({ name: 'stale' });
    await simulator.idle();
    expect(receiver.events().map(({ type, data }) => `${type} ${(data.object as Stripe.Customer).name}`)).toEqual([
      'customer.created tripled',
      'customer.created tripled',
      'customer.created tripled',
      'customer.updated later',
      'customer.created late',
      'customer.created forged',
      'customer.created stale',
    ]);
    expect(
      new Set(
        receiver
          .events()
          .slice(0, 3)
          .map(({ id }) => id),
      ).size,
    ).toBe(1);
    const [forged, stale] = receiver.received.slice(-2);
    expect(() => read(forged!)).toThrow(/No signatures found/);
    expect(() => read(stale!)).toThrow(/Timestamp outside the tolerance zone/);
  });

  it('are late, or fail as if nobody were there and come again, as planned', async () => {
    const { simulator, stripe } = sim;
    simulator.plan({ on: 'delivery', type: 'customer.*', fault: { kind: 'delay', ms: 300 } });
    simulator.plan({ on: 'delivery', endpoint: endpoint.id, times: 2, fault: { kind: 'fail' } });
    const before = performance.now();
    await stripe.customers.create({ name: 'late' });
    await simulator.idle();
    expect(performance.now() - before).toBeGreaterThan(290);
    await stripe.customers.create({ name: 'lost' });
    await simulator.idle();
    expect(receiver.received).toHaveLength(1);
    simulator.advance(5 * 60);
    await simulator.idle();
    simulator.advance(30 * 60);
    expect(await sent()).toMatchObject([
      { attempts: [{ status: 200 }] },
      { state: 'delivered', attempts: [{ status: null }, { status: null }, { status: 200 }] },
    ]);
    expect(receiver.events().map(({ data }) => (data.object as Stripe.Customer).name)).toEqual(['late', 'lost']);
  });

  it('are signed with both secrets while one is rolled', async () => {
    const { secret, former } = await sim.control<{ secret: string; former: string }>(
      'POST',
      `webhook_endpoints/${endpoint.id}/roll`,
    );
    await sim.stripe.customers.create();
    await sim.simulator.idle();
    for (const one of [secret, former]) expect(read(receiver.received[0]!, one).type).toBe('customer.created');
    await sim.control('DELETE', `webhook_endpoints/${endpoint.id}/secrets/${former}`);
    await sim.stripe.customers.create();
    await sim.simulator.idle();
    expect(() => read(receiver.received[1]!, former)).toThrow(/No signatures found/);
  });

  it('come in the shape of the endpoint’s API version', async () => {
    const { stripe, simulator } = sim;
    const old = await openReceiver();
    await stripe.webhookEndpoints.create({ url: old.url, enabled_events: ['*'], api_version: '2024-06-20' });
    const customer = await customerWith(stripe);
    const { id: price } = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    const { data } = await stripe.charges.list({ customer: customer.id });
    await stripe.refunds.create({ charge: data[0]!.id, amount: 500 });
    await simulator.idle();
    const of = (events: Stripe.Event[], type: string) => events.find((event) => event.type === type)?.data.object;
    const now = receiver.events();
    const then = old.events();
    await old.stop();
    expect(of(now, 'invoice.paid')).toMatchObject({ parent: { subscription_details: { subscription: subscription.id } } });
    expect(of(now, 'invoice.paid')).not.toHaveProperty('subscription');
    expect(of(now, 'charge.refunded')).not.toHaveProperty('invoice');
    expect(then[0]?.api_version).toBe('2024-06-20');
    expect(of(then, 'invoice.paid')).toMatchObject({
      subscription: subscription.id,
      paid: true,
      payment_intent: data[0]!.payment_intent,
      charge: data[0]!.id,
      tax: null,
      lines: { data: [{ type: 'subscription', proration: false, price: { id: price } }] },
    });
    expect(of(then, 'invoice.paid')).not.toHaveProperty('parent');
    expect(of(then, 'charge.refunded')).toMatchObject({ invoice: subscription.latest_invoice, amount_refunded: 500 });
    const item = subscription.items.data[0]!;
    expect(of(then, 'customer.subscription.created')).toMatchObject({
      current_period_start: item.current_period_start,
      current_period_end: item.current_period_end,
    });
  });

  it('send any event one likes, twice under one id if need be', async () => {
    const order = { type: 'customer.created', object: { id: 'cus_x', object: 'customer' }, event: { id: 'evt_same' } };
    await sim.control('POST', 'events', order);
    await sim.control('POST', 'events', { ...order, object: { id: 'cus_x', object: 'customer', name: 'another' } });
    await sim.simulator.idle();
    expect(receiver.events().map(({ id }) => id)).toEqual(['evt_same', 'evt_same']);
  });

  it('of several processes come from one simulator', async () => {
    const joined = await joinSimulator({ port: sim.simulator.port });
    expect(joined.url).toBe(sim.simulator.url);
    await joined.stop();
    expect((await sim.stripe.customers.list()).data).toEqual([]);
    await expect(joinSimulator({ port: Number(new URL(receiver.url).port) })).rejects.toThrow('not the Stripe simulator');
  });

  it('who shares a simulator hears when it is gone, and the next to join runs it', async () => {
    const port = sim.simulator.port;
    const shared = await joinSimulator({ port });
    await sim.stop();
    await shared.ended;
    const own = await joinSimulator({ port });
    expect(own.url).toBe(shared.url);
    expect((await sim.stripe.customers.list()).data).toEqual([]);
    await own.stop();
  });
});
