import StripeSdk from 'stripe';
import { apiVersion } from '../../tools/stripe-simulator/src/api-version.ts';
import { customerWith, openStripe, priceOf, sdkFor, type SimulatedStripe } from '../support/simulated-stripe.ts';
import { startProcess } from '../support/processes.ts';
import type { Simulator } from '../../tools/stripe-simulator/src/index.ts';

const refusalOf = async (request: Promise<unknown>) => {
  const error = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StripeSdk.errors.StripeError);
  const { type, code, param, statusCode, decline_code, message } = error as InstanceType<typeof StripeSdk.errors.StripeError>;
  return { type, code, param, statusCode, decline_code, message };
};

describe('the protocol of the simulated Stripe', () => {
  let sim: SimulatedStripe;
  beforeAll(async () => {
    sim = await openStripe();
  });
  afterAll(() => sim.stop());

  it('speaks the version of the pinned SDK', () => {
    expect(apiVersion).toBe(StripeSdk.API_VERSION);
  });

  it('refuses what Stripe refuses, in its words', async () => {
    const { stripe } = sim;
    expect(await refusalOf(stripe.customers.create({ emial: 'x' } as object))).toMatchObject({
      type: 'StripeInvalidRequestError',
      code: 'parameter_unknown',
      param: 'emial',
      statusCode: 400,
    });
    expect(await refusalOf(stripe.customers.retrieve('cus_nobody'))).toMatchObject({
      code: 'resource_missing',
      statusCode: 404,
      message: "No such customer: 'cus_nobody'",
    });
    expect(
      await refusalOf(
        stripe.subscriptions.create({ customer: 'cus_nobody', items: [{ price: 'price_none', qty: 1 } as object] }),
      ),
    ).toMatchObject({
      code: 'parameter_unknown',
      param: 'items[0][qty]',
    });
    expect(await refusalOf(stripe.products.create({} as never))).toMatchObject({ code: 'parameter_missing', param: 'name' });
    expect(
      await refusalOf(stripe.prices.create({ currency: 'usd', unit_amount: 'much' as never, product_data: { name: 'x' } })),
    ).toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'unit_amount',
    });
    expect(await refusalOf(stripe.customers.create({ metadata: { ['k'.repeat(41)]: 'v' } }))).toMatchObject({ statusCode: 400 });
    expect(await refusalOf(stripe.rawRequest('GET', '/v1/nothing'))).toMatchObject({ statusCode: 404 });
    expect(
      await refusalOf(
        new StripeSdk('sk_live_x', { host: '127.0.0.1', port: sim.simulator.port, protocol: 'http' }).customers.list(),
      ),
    ).toMatchObject({
      type: 'StripeAuthenticationError',
    });
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('declines %s with %s, %s', async (payment_method, code, decline_code) => {
    const request = sim.stripe.paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      confirm: true,
      payment_method,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    });
    expect(await refusalOf(request)).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code });
  });

  it('answers a key once: the same request again, another one never', async () => {
    const { stripe } = sim;
    const options = { idempotencyKey: 'florin:1' };
    const first = await stripe.customers.create({ name: 'Ada' }, options);
    const second = await stripe.customers.create({ name: 'Ada' }, options);
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await refusalOf(stripe.customers.create({ name: 'Eve' }, options))).toMatchObject({ type: 'StripeIdempotencyError' });
    // A decline is kept too; what was refused before the work is not.
    const pay = () =>
      stripe.paymentIntents.create(
        { amount: 1, currency: 'usd', confirm: true, payment_method: 'pm_card_chargeDeclined' },
        { idempotencyKey: 'florin:2' },
      );
    await refusalOf(pay());
    const before = (await stripe.paymentIntents.list({ limit: 100 })).data.length;
    await refusalOf(pay());
    expect((await stripe.paymentIntents.list({ limit: 100 })).data).toHaveLength(before);
  });

  it('pages through lists both ways, searches metadata, and expands', async () => {
    const { stripe } = sim;
    const { id: product } = await stripe.products.create({ name: 'Shelf' });
    for (let n = 0; n < 12; n += 1)
      await stripe.prices.create({ currency: 'usd', unit_amount: n, product, metadata: { n: String(n) } });
    const amounts: (number | null)[] = [];
    for await (const price of stripe.prices.list({ product, limit: 5 })) amounts.push(price.unit_amount);
    expect(amounts).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const page = await stripe.prices.list({ product, limit: 3 });
    expect(page.has_more).toBe(true);
    const next = await stripe.prices.list({ product, limit: 3, starting_after: page.data[2]!.id });
    const back = await stripe.prices.list({ product, limit: 3, ending_before: next.data[0]!.id });
    expect(back.data).toEqual(page.data);
    const found = await stripe.prices.search({ query: "metadata['n']:'7' AND active:'true'", expand: ['data.product'] });
    expect(found.data).toMatchObject([{ unit_amount: 7, product: { name: 'Shelf' } }]);
  });

  it('keeps large amounts and every currency exact', async () => {
    const { stripe } = sim;
    const amount = Number.MAX_SAFE_INTEGER;
    for (const currency of ['usd', 'jpy', 'kwd']) {
      const { id } = await stripe.paymentIntents.create({ amount, currency, confirm: true, payment_method: 'pm_card_visa' });
      expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ amount_received: amount, currency });
    }
    const customer = await customerWith(stripe);
    const price = await priceOf(stripe, {
      unit_amount: undefined,
      unit_amount_decimal: StripeSdk.Decimal.from('0.333333333333'),
    });
    const { latest_invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 1_000_000 }],
      expand: ['latest_invoice'],
    });
    expect(latest_invoice).toMatchObject({ total: 333_333 });
  });

  it('does what a fault plan says: delays, refuses, cuts the line before and after the work', async () => {
    const { simulator, control } = sim;
    const stripe = sdkFor(simulator);
    await control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: '/v1/customers',
      fault: { kind: 'status', status: 429 },
    });
    expect(await refusalOf(stripe.customers.create())).toMatchObject({
      type: 'StripeRateLimitError',
      statusCode: 429,
      code: 'rate_limit',
    });
    simulator.plan({ on: 'request', fault: { kind: 'status', status: 500 } });
    expect(await refusalOf(stripe.customers.list())).toMatchObject({ type: 'StripeAPIError', statusCode: 500 });

    // Twice: the SDK asks again after a cut line though it was told not to.
    simulator.plan({ on: 'request', path: '/v1/customers', times: 2, fault: { kind: 'reset', when: 'before' } });
    expect(await refusalOf(stripe.customers.create({ email: 'never@example.com' }))).toMatchObject({
      type: 'StripeConnectionError',
    });
    expect((await stripe.customers.list({ email: 'never@example.com' })).data).toEqual([]);

    // The answer is lost after the work; the SDK asks again under the same key and gets it.
    simulator.plan({ on: 'request', path: '/v1/customers', fault: { kind: 'reset', when: 'after' } });
    const patient = sdkFor(simulator, { maxNetworkRetries: 2 });
    const made = await patient.customers.create({ email: 'once@example.com' });
    expect((await patient.customers.list({ email: 'once@example.com' })).data).toEqual([
      expect.objectContaining({ id: made.id }),
    ]);

    simulator.plan({ on: 'request', fault: { kind: 'delay', ms: 400 } });
    const hasty = sdkFor(simulator, { timeout: 100 });
    expect(await refusalOf(hasty.customers.list())).toMatchObject({ type: 'StripeConnectionError' });
    expect(await control('GET', 'faults')).toEqual({ faults: [] });
  });

  it('runs by itself, as its README says', async () => {
    const program = startProcess('tools/stripe-simulator/dist/main.js', ['--port', '0']);
    const [, port = ''] = /Stripe simulator at http:\/\/127\.0\.0\.1:(\d+)/.exec(await program.line(/Stripe simulator at/)) ?? [];
    const stripe = sdkFor({ port: Number(port) } as Simulator);
    const { id } = await stripe.products.create({ name: 'Plan' });
    expect((await stripe.products.list()).data).toMatchObject([{ id }]);
    program.child.kill('SIGTERM');
    expect(await program.exit).toBe(0);
  });

  it('limits the rate when it is told to', async () => {
    const limited = await openStripe({ rateLimits: { account: 100, endpoint: 3 } });
    try {
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => limited.stripe.customers.list()));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    } finally {
      await limited.stop();
    }
  });
});
