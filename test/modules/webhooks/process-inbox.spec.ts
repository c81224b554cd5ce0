import { DataSource } from 'typeorm';
import { InboxMetrics } from '../../../src/modules/webhooks/inbox-metrics.ts';
import { type Facts, type InboundProvider, NeedsFact, type StoredEvent } from '../../../src/modules/webhooks/inbound-provider.ts';
import { ProcessInbox } from '../../../src/modules/webhooks/process-inbox.ts';
import { StripeInbound } from '../../../src/integrations/stripe/stripe-inbound.ts';
import { type Tx, UnitOfWork } from '../../../src/platform/database/unit-of-work.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';
import { postWebhook, stripeEvent, webhookSecret } from '../../support/stripe.ts';

describe('working off the inbox', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret });
    await florin.sql.query('create table effects (event_id text, what text)');
  });
  beforeEach(() => florin.sql.query('truncate effects, inbound_events'));
  afterAll(() => florin.stop());

  type Apply = InboundProvider['apply'];

  /** A worker whose events do what the test says. */
  function workerOf(apply: Apply, ask: InboundProvider['ask'] = () => Promise.reject(new Error('nobody asks'))): ProcessInbox {
    const { app } = florin;
    const inbound = app.get(StripeInbound, { strict: false });
    const provider: InboundProvider = {
      name: 'STRIPE',
      open: (body, signature) => inbound.open(body, signature),
      envelope: (body) => inbound.envelope(body),
      apply,
      ask,
    };
    return new ProcessInbox([provider], app.get(UnitOfWork), app.get(DataSource), app.get(InboxMetrics, { strict: false }));
  }
  const effect = (tx: Tx, event: StoredEvent, what = 'done') =>
    tx.query('insert into effects values ($1, $2)', [event.eventId, what]);
  const send = async (object: object = { id: 'in_1', object: 'invoice', customer: 'cus_1' }, fields: object = {}) => {
    const event = stripeEvent('invoice.created', object, fields);
    await postWebhook(florin, JSON.stringify(event));
    return event.id;
  };
  const rows = async () =>
    (await florin.sql.query('select * from inbound_events order by occurred_at, id')).rows as Record<string, never>[];
  const effects = async () =>
    (await florin.sql.query('select event_id, what from effects')).rows as { event_id: string; what: string }[];
  const dueNow = () =>
    florin.sql.query(
      `update inbound_events set next_attempt_at = now() - interval '1 second' where status in ('DEFERRED', 'FAILED', 'PROCESSING')`,
    );

  it('takes back everything of an event that failed, tries again later, and gives it up after the last try', async () => {
    await send();
    let fails = true;
    const worker = workerOf(async (tx, event) => {
      await effect(tx, event);
      if (fails) throw new Error('half-way');
      return { outcome: 'applied', changed: true };
    });
    await worker.execute();
    expect(await effects()).toEqual([]);
    expect(await rows()).toEqual([
      expect.objectContaining({ status: 'FAILED', attempts: 1, error: 'half-way', processed_at: null }),
    ]);
    expect(await worker.execute()).toBe(0);
    for (let attempt = 2; attempt <= 12; attempt++) {
      await dueNow();
      expect(await worker.execute()).toBe(1);
    }
    expect(await rows()).toEqual([expect.objectContaining({ status: 'DEAD', attempts: 12 })]);
    expect(await worker.execute()).toBe(0);
    fails = false;
    const [dead] = await rows();
    await florin.operator('POST', `/admin/v1/inbound_events/${String(dead?.['id'])}/replay`);
    await worker.execute();
    expect(await effects()).toHaveLength(1);
    expect(await rows()).toEqual([expect.objectContaining({ status: 'PROCESSED', attempts: 1, error: null })]);
  });

  it('tries what was deferred as soon as its lane moves', async () => {
    let isHere = false;
    const worker = workerOf(async (tx, event) => {
      if (event.type === 'invoice.created' && !isHere) return { deferred: 'subscription not found' };
      await effect(tx, event);
      return { outcome: 'applied', changed: true };
    });
    await send();
    await worker.execute();
    expect(await rows()).toEqual([expect.objectContaining({ status: 'DEFERRED', error: 'subscription not found' })]);
    isHere = true;
    await postWebhook(
      florin,
      JSON.stringify(stripeEvent('checkout.session.completed', { id: 'cs_1', object: 'checkout.session', customer: 'cus_1' })),
    );
    await worker.execute();
    expect(await effects()).toHaveLength(2);
  });

  it('loses no wake-up: what comes while an event is looked at in vain is tried at once', async () => {
    let isHere = false;
    const worker: ProcessInbox = workerOf(async (tx, event) => {
      if (event.type === 'invoice_payment.paid' && !isHere) {
        // Its invoice is processed, in another lane, between our look and our putting it off.
        isHere = true;
        await send();
        await worker.execute();
        return { deferred: 'invoice not found' };
      }
      await effect(tx, event);
      return { outcome: 'applied', changed: true };
    });
    await postWebhook(
      florin,
      JSON.stringify(
        stripeEvent('invoice_payment.paid', { id: 'inpay_1', object: 'invoice_payment', invoice: 'in_1' }, { created: 1 }),
      ),
    );
    await worker.execute();
    expect(await effects()).toHaveLength(2);
  });

  it('works on one event of a lane at a time, in the order they happened, however many workers there are', async () => {
    const lanes = ['cus_a', 'cus_b', 'cus_c'];
    for (let i = 0; i < 5; i++)
      for (const customer of lanes)
        await send({ id: `in_${customer}_${i}`, object: 'invoice', customer }, { created: 1_770_000_100 - i });
    const inHand = new Set<string>();
    const order: Record<string, number[]> = {};
    const worker = workerOf(async (tx, event) => {
      const { customer } = (JSON.parse(event.body.toString()) as { data: { object: { customer: string } } }).data.object;
      expect(inHand.has(customer)).toBe(false);
      inHand.add(customer);
      await tx.query('select pg_sleep(0.01)');
      await effect(tx, event);
      (order[customer] ??= []).push(event.occurredAt.getTime());
      inHand.delete(customer);
      return { outcome: 'applied', changed: true };
    });
    const workers = Array.from({ length: 4 }, () => worker);
    await until('the inbox to be empty', async () => {
      await Promise.all(workers.map((each) => each.execute()));
      return (await effects()).length === 15;
    });
    for (const lane of lanes) expect(order[lane]).toEqual(order[lane]?.toSorted());
  });

  it('gives the event of a dead worker to another, and the dead one changes nothing when it wakes', async () => {
    await send();
    let first = true;
    let release = (): void => undefined;
    const isIn = new Promise<void>((entered) => {
      const hold = new Promise<void>((resolve) => (release = resolve));
      slow = async (tx, event) => {
        if (first) {
          first = false;
          entered();
          await hold;
        }
        await effect(tx, event);
        return { outcome: 'applied', changed: true };
      };
    });
    const worker = workerOf((tx, event, facts) => slow(tx, event, facts));
    const stuck = worker.execute();
    await isIn;
    await dueNow();
    const second = worker.execute();
    await until('the second claim', async () => (await rows())[0]?.['attempts'] === 2);
    release();
    await Promise.all([stuck, second]);
    expect(await effects()).toHaveLength(1);
    expect(await rows()).toEqual([expect.objectContaining({ status: 'PROCESSED', attempts: 2 })]);
  });
  let slow: Apply;

  it('asks the provider between transactions and runs again with the answer', async () => {
    await send();
    const asked: string[] = [];
    const worker = workerOf(
      async (tx, event, facts: Facts) => {
        await effect(tx, event, 'before');
        const fact = facts.get('invoice:in_1');
        if (!fact) throw new NeedsFact('invoice:in_1');
        expect(fact.askedAt.getTime()).toBeGreaterThanOrEqual(event.receivedAt.getTime());
        await effect(tx, event, String(fact.value));
        return { outcome: 'applied', changed: true };
      },
      (question) => {
        asked.push(question);
        return Promise.resolve('the answer');
      },
    );
    await worker.execute();
    expect(asked).toEqual(['invoice:in_1']);
    expect((await effects()).map(({ what }) => what)).toEqual(['before', 'the answer']);
  });
});
