import type { Stripe } from 'stripe';
import { WorkOffProvisioning } from '../../src/modules/provisioning/index.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { type Started, startProcess, until } from '../support/processes.ts';
import { make, stockShop } from '../support/shop.ts';
import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';
import { webhookSecret, workOff } from '../support/stripe.ts';
import { isSignedBy, openVendor, type Vendor } from '../support/vendor.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/** From a payment at Stripe to a resource that the vendor's own service makes, and every way in which it may not be made (D6–D10). */
describe('provisioning', () => {
  let sim: SimulatedStripe;
  let florin: Florin;
  let tenant: Tenant;
  let vendor: Vendor;
  let secret: string;
  let price: string;
  let refunds = false;
  beforeEach(async () => {
    sim = await openStripe();
    vendor = await openVendor();
    const endpoint = await sim.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/nowhere', enabled_events: ['*'] });
    florin = await startFlorin({
      STRIPE_WEBHOOK_SECRET: `${endpoint.secret ?? ''},${webhookSecret}`,
      STRIPE_API_BASE: sim.simulator.url,
      FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true',
    });
    await sim.stripe.webhookEndpoints.update(endpoint.id, { url: `${florin.url}/api/v1/webhooks/stripe` });
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    price = (await priceOf(sim.stripe)).id;
    const provisioner = {
      resource_type: 'graph',
      kind: 'http',
      url: vendor.url,
      deadline_seconds: 60,
      refund_on_failure: refunds,
    };
    ({ secret } = await make(tenant.call, '/api/v1/provisioners', 'provisioner', provisioner));
  });
  afterEach(async () => {
    await florin.stop();
    await vendor.stop();
    await sim.stop();
  });

  /** A subscription with a resource, paid at Stripe. */
  async function buy(name: string, resourceType = 'graph'): Promise<{ id: string; stripe: Stripe.Subscription }> {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: name });
    const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
      subscription: {
        organization_id: tenant.id,
        external_customer_id: name,
        plan_code: 'team',
        external_id: name,
        provider_subscription_id: `cs_${name}`,
        resource_type: resourceType,
        resource_config: { graph_type: 'entity', entity_name: 'Acme' },
      },
    });
    const { id } = body.subscription;
    const customer = await customerWith(sim.stripe);
    const stripe = await sim.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      metadata: { subscription_id: id },
    });
    await until('the payment to be heard of', async () => {
      await workOff(florin);
      return (await read(id)).status !== 'pending_payment';
    });
    return { id, stripe };
  }
  const read = async (id: string) => (await florin.operator('GET', `/admin/v1/subscriptions/${id}`)).body.subscription;
  const work = () => florin.app.get(WorkOffProvisioning, { strict: false }).execute();
  const say = (operation: string, what: string, body: object) =>
    tenant.call('POST', `/api/v1/provisioning/${operation}/${what}`, body);
  const operationOf = async (id: string) => (await tenant.call('GET', `/api/v1/operations/${id}`)).body.operation;
  const audit = async (id: string, type: string) =>
    (await florin.operator('GET', `/admin/v1/subscriptions/${id}/audit?event_type=${type}`)).body.audit;
  const due = () => florin.sql.query('update provisioning_attempts set look_at = now() where look_at is not null');
  const cancellations = async ({ id }: Stripe.Subscription) => {
    const { requests } = await sim.control<{ requests: Asked[] }>('GET', 'requests');
    return requests.filter(({ method, url, status }) => method === 'DELETE' && url.includes(id) && status === 200).length;
  };

  it('asks the vendor with a signed request, shows its progress, and activates with the period that is paid', async () => {
    const { id, stripe } = await buy('acme');
    expect(await read(id)).toMatchObject({ status: 'provisioning', resource_id: null, started_at: null });
    await work();
    const [request] = vendor.requests;
    expect(vendor.requests).toHaveLength(1);
    expect(request && isSignedBy(secret, request)).toBe(true);
    expect(request && isSignedBy(secret, { ...request, text: request.text.replace('Acme', 'Evil') })).toBe(false);
    const { operation_id: operation, ...told } = request?.body.data ?? {};
    expect(request?.headers['webhook-id']).toBe(operation);
    expect(told).toMatchObject({
      organization_id: tenant.id,
      resource: { type: 'graph', id: null, config: { graph_type: 'entity', entity_name: 'Acme' } },
      subscription: { external_id: 'acme', plan_code: 'team', status: 'provisioning' },
      callbacks: { complete: `/api/v1/provisioning/${operation}/complete` },
    });
    expect((await read(id)).provisioning).toMatchObject({ operation_id: operation, status: 'accepted', tries: 1 });
    await say(operation, 'progress', { message: 'Creating', progress_percent: 30 });
    const said = await say(operation, 'complete', {
      resource_id: 'kg42',
      result: { access_granted: true, credits_allocated: 100 },
    });
    expect(said.body.provisioning).toMatchObject({ status: 'succeeded', resource_id: 'kg42' });
    const [item] = stripe.items.data;
    expect(await read(id)).toMatchObject({
      status: 'active',
      resource_id: 'kg42',
      current_billing_period_started_at: new Date((item?.current_period_start ?? 0) * 1000).toISOString().replace('.000', ''),
      current_billing_period_ending_at: new Date((item?.current_period_end ?? 0) * 1000).toISOString().replace('.000', ''),
    });
    expect(await operationOf(operation)).toMatchObject({
      operation_type: 'provisioning',
      status: 'completed',
      result: { access_granted: true, credits_allocated: 100, resource_id: 'kg42', status: 'active' },
    });
    const stream = await fetch(`${florin.url}/api/v1/operations/${operation}/stream`, {
      headers: { authorization: `Bearer ${tenant.key}` },
    });
    const heard = [...(await stream.text()).matchAll(/^event: (.*)$/gm)].map(([, event]) => event);
    expect(heard).toEqual(['connected', 'operation_started', 'operation_progress', 'operation_completed', 'stream_end']);
    const [started] = await audit(id, 'provisioning_started');
    const [succeeded] = await audit(id, 'provisioning_succeeded');
    expect([started.actor_type, succeeded.actor_type]).toEqual(['stripe_webhook', 'api_key']);
    expect(succeeded.event_data).toMatchObject({ resource_id: 'kg42', result: { credits_allocated: 100 } });
    expect(await audit(id, 'subscription_started')).toHaveLength(1);
    expect(await cancellations(stripe)).toBe(0);
    await expectHealthy(florin);
  });

  it('the same word twice changes nothing, one that contradicts it is refused', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    const operation = vendor.requests[0]?.body.data.operation_id;
    const complete = () => say(operation, 'complete', { resource_id: 'kg42' });
    const [first, second] = await Promise.all([complete(), complete()]);
    expect([first.status, second.status]).toEqual([200, 200]);
    const before = await read(id);
    expect(before).toMatchObject({ status: 'active', resource_id: 'kg42' });
    for (const answer of [
      await say(operation, 'complete', { resource_id: 'kg43' }),
      await say(operation, 'fail', { error: 'changed my mind' }),
      await say(operation, 'progress', { message: 'still', progress_percent: 70 }),
    ])
      expect(answer.body).toMatchObject({ status: 409, code: 'operation_finished' });
    await work();
    expect(await read(id)).toEqual(before);
    expect(await audit(id, 'subscription_started')).toHaveLength(1);
    expect(await cancellations(stripe)).toBe(0);
  });

  it('a vendor that answers 500 is asked again under the same id, until it takes it on', async () => {
    vendor.answers.push(500, 503);
    const { id } = await buy('acme');
    await work();
    expect((await read(id)).provisioning).toMatchObject({ status: 'requested', tries: 1, last_answer: 'HTTP 500' });
    await due();
    await work();
    await due();
    await work();
    expect(vendor.requests.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(3).fill((await read(id)).provisioning.operation_id),
    );
    expect((await read(id)).provisioning).toMatchObject({ status: 'accepted', tries: 3 });
  });

  it('D6: past the deadline it has failed, with the reason; Stripe is told to cancel once, and the operator repeats it', async () => {
    vendor.answers.push(500);
    const { id, stripe } = await buy('acme');
    await work();
    const { operation_id: operation } = (await read(id)).provisioning;
    await florin.sql.query(`update provisioning_attempts set deadline_at = now()`);
    await due();
    await work();
    const reason = 'The provisioner did not take it on in time; its last answer: HTTP 500.';
    expect(await read(id)).toMatchObject({
      status: 'failed',
      failure_reason: reason,
      provisioning: { status: 'failed', error: { error_type: 'deadline_exceeded', message: reason } },
    });
    expect(await operationOf(operation)).toMatchObject({
      status: 'failed',
      error: { error_type: 'deadline_exceeded', message: reason },
    });
    expect(await cancellations(stripe)).toBe(1);
    expect((await sim.stripe.subscriptions.retrieve(stripe.id)).status).toBe('canceled');
    expect((await sim.stripe.refunds.list()).data).toEqual([]);
    await work();
    await workOff(florin);
    expect([await cancellations(stripe), (await read(id)).status]).toEqual([1, 'failed']);
    const [failed] = await audit(id, 'provisioning_failed');
    expect(failed).toMatchObject({ actor_type: 'system', event_data: { error: { error_type: 'deadline_exceeded' } } });
    expect(await audit(id, 'subscription_failed')).toHaveLength(1);
    expect((await say(operation, 'complete', { resource_id: 'late' })).body.code).toBe('operation_finished');

    const repeated = await florin.operator('POST', `/admin/v1/subscriptions/${id}/provision`);
    expect(repeated.body).toMatchObject({
      subscription: { status: 'provisioning', failure_reason: null },
      provisioning: { status: 'requested' },
    });
    const again = repeated.body.provisioning.operation_id;
    expect(again).not.toBe(operation);
    await work();
    await say(again, 'complete', { resource_id: 'kg42' });
    const made = await read(id);
    // Nobody renews it any more: it ends with the period that was paid.
    expect(made).toMatchObject({ status: 'active', resource_id: 'kg42', ending_at: made.current_billing_period_ending_at });
    expect((await audit(id, 'provisioning_started'))[0].actor_type).toBe('operator');
    expect((await florin.operator('POST', `/admin/v1/subscriptions/${id}/provision`)).body.code).toBe('transition_not_allowed');
    await workOff(florin);
    expect([await cancellations(stripe), (await read(id)).status]).toEqual([1, 'active']);
    await expectHealthy(florin);
  });

  it('D6: what the vendor says of its failure is the reason, and a second failure cancels nothing a second time', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    await say((await read(id)).provisioning.operation_id, 'fail', { error: 'The region is full.', error_type: 'capacity' });
    expect((await florin.operator('POST', `/admin/v1/subscriptions/${id}/provision`)).body).toMatchObject({
      status: 409,
      code: 'conflict',
      error_details: { subscription: ['not_settled'] },
    });
    await work();
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The region is full.' });
    const again = await florin.operator('POST', `/admin/v1/subscriptions/${id}/provision`);
    await work();
    await say(again.body.provisioning.operation_id, 'fail', { error: 'It is still full.' });
    await work();
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'It is still full.' });
    expect(await cancellations(stripe)).toBe(1);
  });

  it('a vendor that refuses the request is not asked again', async () => {
    vendor.answers.push(422);
    const { id } = await buy('acme');
    await work();
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The provisioner refused it with HTTP 422.' });
    expect(vendor.requests).toHaveLength(1);
  });

  it('a vendor that takes it on and never calls back has failed at the deadline', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    await florin.sql.query(`update provisioning_attempts set deadline_at = now(), look_at = now()`);
    await work();
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The provisioner did not finish in time.' });
    expect(await cancellations(stripe)).toBe(1);
  });

  it('D7: while Stripe cannot be told, it stays failed for its own reason, and Stripe is told later', async () => {
    vendor.answers.push(422);
    const { id, stripe } = await buy('acme');
    await sim.control('POST', 'faults', { on: 'request', times: 1_000, fault: { kind: 'status', status: 400 } });
    await work();
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The provisioner refused it with HTTP 422.' });
    expect(await cancellations(stripe)).toBe(0);
    await sim.control('DELETE', 'faults');
    await due();
    await work();
    expect(await cancellations(stripe)).toBe(1);
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The provisioner refused it with HTTP 422.' });
    expect(await audit(id, 'provisioning_settled')).toHaveLength(1);
  });

  it('D9: a type that nobody makes has failed with a readable reason', async () => {
    const { id, stripe } = await buy('acme', 'workspace');
    await work();
    expect(await read(id)).toMatchObject({
      status: 'failed',
      failure_reason: 'Nobody makes resources of the type workspace.',
      provisioning: { error: { error_type: 'unknown_resource_type' } },
    });
    expect(await cancellations(stripe)).toBe(1);
    expect(vendor.requests).toEqual([]);
  });

  it('D15, D18: is upgraded and canceled at Stripe too', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    await say((await read(id)).provisioning.operation_id, 'complete', { resource_id: 'kg42' });
    await make(tenant.call, '/api/v1/plans', 'plan', {
      code: 'big',
      name: 'Big',
      invoice_display_name: 'Big graphs',
      interval: 'monthly',
      amount_cents: 9900,
      amount_currency: 'USD',
      pay_in_advance: false,
    });
    const { body } = await tenant.call('PUT', '/api/v1/resources/graph/kg42/subscriptions/upgrade', { plan_code: 'big' });
    expect(body.subscription).toMatchObject({ id, plan_code: 'big', plan_display_name: 'Big graphs', status: 'active' });
    const { items } = await sim.stripe.subscriptions.retrieve(stripe.id);
    expect(items.data).toMatchObject([{ price: { unit_amount: 9900 } }]);
    const canceled = await tenant.call('POST', '/api/v1/resources/graph/kg42/subscriptions/cancel');
    const [item] = stripe.items.data;
    expect(canceled.body.subscription).toMatchObject({
      status: 'canceled',
      ending_at: new Date((item?.current_period_end ?? 0) * 1000).toISOString().replace('.000', ''),
    });
    expect((await sim.stripe.subscriptions.retrieve(stripe.id)).cancel_at_period_end).toBe(true);
    const again = await tenant.call('POST', '/api/v1/resources/graph/kg42/subscriptions/cancel');
    expect(again.body).toMatchObject({ status: 400, code: 'already_canceled' });
    await sim.control('POST', 'deliveries/idle');
    await workOff(florin);
    expect((await read(id)).status).toBe('canceled');
  });

  it('that comes too late is refused: what was made is taken down, and what was paid ends', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    const { operation_id: operation } = (await read(id)).provisioning;
    await florin.operator('PATCH', `/admin/v1/subscriptions/${id}`, { subscription: { status: 'canceled' } });
    for (const _ of ['at first', 'again']) {
      const late = await say(operation, 'complete', { resource_id: 'kg42' });
      expect([late.status, late.body.code]).toEqual([409, 'subscription_gone']);
    }
    expect(await read(id)).toMatchObject({ status: 'canceled', resource_id: null });
    expect(await operationOf(operation)).toMatchObject({ status: 'failed', error: { error_type: 'subscription_ended' } });
    await work();
    expect(await cancellations(stripe)).toBe(1);
  });

  it('is followed by the people of its customer, who see no word that is for the vendor only', async () => {
    const { id } = await buy('acme');
    await buy('globex');
    await work();
    const { operation_id: operation } = (await read(id)).provisioning;
    const tokenOf = async (name: string): Promise<string> => {
      const session = { session: { role: 'member', subject: 'ada' } };
      return (await tenant.call('POST', `/api/v1/customers/${name}/sessions`, session)).body.token;
    };
    const token = await tokenOf('acme');
    const path = `/api/v1/billing/operations/${operation}`;
    const seen = await florin.as(token)('GET', path);
    expect(seen.body.operation).toMatchObject({ id: operation, status: 'running', _links: { stream: `${path}/stream` } });
    const streams = await Promise.all(
      Array.from({ length: 6 }, () => fetch(`${florin.url}${path}/stream`, { headers: { authorization: `Bearer ${token}` } })),
    );
    expect(streams.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 429]);
    const stranger = florin.as(await tokenOf('globex'));
    for (const foreign of [path, `${path}/stream`])
      expect((await stranger('GET', foreign)).body).toMatchObject({ status: 404, code: 'operation_not_found' });
    await say(operation, 'complete', { resource_id: 'kg42', result: { secret: 'of the vendor' } });
    for (const stream of streams.filter(({ status }) => status === 200)) {
      const text = await stream.text();
      expect(text).toContain('event: operation_completed');
      expect(text).not.toContain('of the vendor');
    }
    expect(JSON.stringify((await florin.as(token)('GET', path)).body)).not.toContain('of the vendor');
  });

  it('is cancelled by its operation', async () => {
    const { id, stripe } = await buy('acme');
    await work();
    const { operation_id: operation } = (await read(id)).provisioning;
    expect((await tenant.call('DELETE', `/api/v1/operations/${operation}`)).body.operation.cancel_requested).toBe(true);
    await work();
    expect((await operationOf(operation)).status).toBe('cancelled');
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'It was cancelled.' });
    await work();
    expect(await cancellations(stripe)).toBe(1);
  });

  it('is not taken for dead because it is silent', async () => {
    const { id } = await buy('acme');
    await work();
    const { operation_id: operation } = (await read(id)).provisioning;
    await florin.sql.query(`update operations set heartbeat_at = now() - interval '1 hour'`);
    expect((await operationOf(operation)).status).toBe('running');
  });

  describe('in processes that are killed', () => {
    const startWorker = (): Started =>
      startProcess('src/worker.ts', [], {
        DATABASE_URL: florin.databaseUrl,
        FLORIN_LOG_DIR: florin.logDir,
        FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true',
        STRIPE_API_BASE: sim.simulator.url,
        LOG_LEVEL: 'error',
      });
    async function kill(worker: Started): Promise<void> {
      worker.child.kill('SIGKILL');
      expect(await worker.exit).toBe('SIGKILL');
      // In life the lease of the dead runs out by itself, a minute later.
      await due();
    }
    async function stop(worker: Started): Promise<void> {
      worker.child.kill('SIGTERM');
      expect(await worker.exit).toBe(0);
    }

    it('a killed request is sent again under its id: one resource, one activation', async () => {
      vendor.answers.push(0);
      const { id, stripe } = await buy('acme');
      const victim = startWorker();
      await until('the request to be under way', () => vendor.requests.length === 1);
      await kill(victim);
      expect((await read(id)).provisioning).toMatchObject({ status: 'requested', tries: 0 });
      const survivor = startWorker();
      await until('it to be taken on', async () => (await read(id)).provisioning.status === 'accepted');
      // The vendor makes one resource for one id, however often it is asked.
      const made = new Map(vendor.requests.map(({ headers }, index) => [headers['webhook-id'], `kg${index}`]));
      expect([vendor.requests.length, made.size]).toEqual([2, 1]);
      for (const { headers, body } of vendor.requests)
        await say(body.data.operation_id, 'complete', { resource_id: made.get(headers['webhook-id']) });
      await stop(survivor);
      expect(await read(id)).toMatchObject({ status: 'active', resource_id: 'kg1' });
      expect(await audit(id, 'subscription_started')).toHaveLength(1);
      expect(await cancellations(stripe)).toBe(0);
      await expectHealthy(florin);
    });

    it('a killed settlement is made up for: Stripe cancels once', async () => {
      vendor.answers.push(422);
      const { id, stripe } = await buy('acme');
      const path = `/v1/subscriptions/${stripe.id}`;
      await sim.control('POST', 'faults', { on: 'request', method: 'DELETE', path, fault: { kind: 'delay', ms: 3_000 } });
      const victim = startWorker();
      await until('the failure to be settled', async () => {
        const { faults } = await sim.control<{ faults: object[] }>('GET', 'faults');
        return (await read(id)).status === 'failed' && faults.length === 0;
      });
      await kill(victim);
      const survivor = startWorker();
      await until('Stripe to be told', async () => (await audit(id, 'provisioning_settled')).length === 1);
      await stop(survivor);
      expect((await sim.stripe.subscriptions.retrieve(stripe.id)).status).toBe('canceled');
      const { data: ends } = await sim.stripe.events.list({ type: 'customer.subscription.deleted' });
      expect(ends).toHaveLength(1);
      expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'The provisioner refused it with HTTP 422.' });
      await expectHealthy(florin);
    });
  });

  it('D10: of many triggers at once one wins', async () => {
    vendor.answers.push(422);
    const { id } = await buy('acme');
    await work();
    await work();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => florin.operator('POST', `/admin/v1/subscriptions/${id}/provision`)),
    );
    const operations = new Set(answers.map(({ body }) => body.provisioning.operation_id));
    expect([answers.map(({ status }) => status), operations.size]).toEqual([Array(8).fill(200), 1]);
    await work();
    expect(vendor.requests).toHaveLength(2);
    await expect(
      florin.sql.query(
        `insert into provisioning_attempts (organization_id, id, subscription_id, status, look_at, deadline_at, refunds, created_at)
         select organization_id, gen_random_uuid(), id, 'REQUESTED', now(), now(), false, now() from subscriptions where id = $1`,
        [id],
      ),
    ).rejects.toMatchObject({ constraint: 'uq_provisioning_attempts_one' });
    const { rows } = await florin.sql.query('select count(*)::int as n from operations');
    expect(rows[0].n).toBe(2);
    await expectHealthy(florin);
  });

  describe('with refunds', () => {
    beforeAll(() => {
      refunds = true;
    });
    it('gives back what was paid, once', async () => {
      vendor.answers.push(422);
      const { id, stripe } = await buy('acme');
      await work();
      await due();
      await work();
      expect((await sim.stripe.refunds.list()).data).toMatchObject([{ amount: 2000 }]);
      expect(await cancellations(stripe)).toBe(1);
      await until('the refund to be booked', async () => {
        await workOff(florin);
        return (await audit(id, 'refund_processed')).length === 1;
      });
      await expectHealthy(florin);
    });
  });
});
