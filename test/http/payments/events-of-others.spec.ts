import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { stockShop } from '../../support/shop.ts';
import { deliver, stripeEvent, webhookSecret, workOff } from '../../support/stripe.ts';
import { inboxOf, type StripeBuyer, stripeBuyer } from '../../support/stripe-buyer.ts';
import { checkoutSession, invoiceLine, jan1, paid, stripeInvoice, stripeSubscription } from '../../support/stripe-objects.ts';

/** Events that Stripe sends to our door and that are not ours: of connected accounts, of a shared account, and with metadata that lies. */
describe('events of others', () => {
  let florin: Florin;
  let tenant: Tenant;
  let neighbour: Tenant;
  let buyer: StripeBuyer;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret });
    [tenant, neighbour] = [await florin.openOrganization('test'), await florin.openOrganization('test')];
    await florin.sql.query(`update organizations set virtual_now = '2026-01-15T00:00:00Z'`);
    for (const { call } of [tenant, neighbour]) await stockShop(call);
  });
  beforeEach(async () => {
    buyer = await stripeBuyer(florin, tenant);
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const bought = (by = buyer) => by.send(stripeEvent('checkout.session.completed', checkoutSession()));
  const deleted = { status: 'canceled', ended_at: jan1 + 900, canceled_at: jan1 + 900 };

  it('of a connected account change nothing here, though their objects are called like ours', async () => {
    await bought();
    const before = await buyer.subscription();
    const account = { account: 'acct_1connected' };
    const events = [
      stripeEvent('invoice.paid', stripeInvoice(paid), account),
      stripeEvent('customer.subscription.deleted', stripeSubscription(deleted), account),
      stripeEvent(
        'checkout.session.completed',
        checkoutSession({ metadata: { subscription_id: buyer.subscriptionId } }),
        account,
      ),
    ];
    await buyer.send(...events);
    expect([await buyer.subscription(), await buyer.invoices()]).toEqual([before, []]);
    for (const { id } of events)
      expect(await inboxOf(florin, id)).toMatchObject({
        status: 'ignored',
        account: 'acct_1connected',
        error: "of the account acct_1connected, which is not Florin's",
        next_attempt_at: null,
      });
    // The same event of our own account is another event.
    await buyer.send(...events.map((event) => ({ ...event, account: undefined })));
    expect(await buyer.subscription()).toMatchObject({ status: 'canceled' });
    expect(await buyer.invoices()).toMatchObject([{ state: 'paid' }]);
    const { body } = await florin.operator('GET', '/admin/v1/inbound_events?status=ignored&per_page=1000');
    expect(body.inbound_events.map((event: { event_id: string }) => event.event_id)).toEqual(
      expect.arrayContaining(events.map(({ id }) => id)),
    );
  });

  describe('whose metadata names a subscription of ours', () => {
    const claims = () => ({ metadata: { subscription_id: buyer.subscriptionId } });
    /** What became of the events, and of our side. */
    const heard = async (...events: ReturnType<typeof stripeEvent>[]) => {
      const before = [await buyer.subscription(), await buyer.invoices()];
      await deliver(florin, ...events);
      const states = await Promise.all(events.map(async ({ id }) => (await inboxOf(florin, id)).status as string));
      const after = [await buyer.subscription(), await buyer.invoices()];
      return { states: new Set(states), isUntouched: JSON.stringify(after) === JSON.stringify(before) };
    };
    const leftAlone = { states: new Set(['deferred']), isUntouched: true };
    const everything = (customer: string, subscription: string) => {
      const parent = {
        type: 'subscription_details',
        subscription_details: { subscription, metadata: { subscription_id: buyer.subscriptionId } },
      };
      const line = invoiceLine({ parent: { subscription_item_details: { subscription } } });
      const session = { id: `cs_of_${customer}`, customer, subscription, ...claims() };
      return [
        stripeEvent('checkout.session.completed', checkoutSession(session)),
        stripeEvent('customer.subscription.updated', stripeSubscription({ id: subscription, customer, ...claims() })),
        stripeEvent('invoice.paid', stripeInvoice({ ...paid, id: `in_of_${customer}`, customer, parent }, [line])),
      ];
    };

    it("do not reach it when the customer is another tenant's", async () => {
      const other = await stripeBuyer(florin, neighbour);
      await bought(other);
      expect(await heard(...everything(`cus_${other.mark}1`, 'sub_foreign'))).toEqual(leftAlone);
    });

    it('nor when it is another customer of the same tenant', async () => {
      const other = await stripeBuyer(florin, tenant);
      await bought(other);
      expect(await heard(...everything(`cus_${other.mark}1`, 'sub_other'))).toEqual(leftAlone);
    });

    it('nor when it is nobody that we know, and our customer is known by another name', async () => {
      await bought();
      expect(await heard(...everything(`cus_stranger${buyer.mark}`, 'sub_stranger'))).toEqual(leftAlone);
    });

    it('nor when it has become another subscription at Stripe already', async () => {
      await bought();
      expect(await heard(...everything(`cus_${buyer.mark}1`, 'sub_second'))).toEqual(leftAlone);
    });
  });

  it('name a customer of ours only within the organization that they name too', async () => {
    const claim = (organizationId: string) =>
      stripeEvent('customer.updated', {
        id: 'cus_claim',
        object: 'customer',
        invoice_settings: { default_payment_method: 'pm_1' },
        metadata: { customer_id: buyer.customerId, organization_id: organizationId },
      });
    const link = async () =>
      (await florin.sql.query('select provider_customer_id from provider_customers where customer_id = $1', [buyer.customerId]))
        .rows;
    await buyer.send(claim(neighbour.id));
    expect(await link()).toEqual([]);
    await buyer.send(claim(tenant.id));
    expect(await link()).toEqual([{ provider_customer_id: `cus_${buyer.mark}claim` }]);
  });

  it('of a metadata id that is no id of ours do not fail', async () => {
    const event = stripeEvent(
      'checkout.session.completed',
      checkoutSession({ id: 'cs_odd', customer: 'cus_odd', metadata: { subscription_id: 'order-7' } }),
    );
    await deliver(florin, event);
    expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'deferred' });
  });

  describe('of an account that others sell by too', () => {
    const waited = async (eventId: string, tries: number) => {
      for (let i = 0; i < tries; i++) {
        await florin.sql.query(`update inbound_events set next_attempt_at = now() where event_id = $1`, [eventId]);
        await workOff(florin);
      }
    };

    it('are ignored after an hour, and heard again when something of ours comes for them', async () => {
      const stranger = stripeEvent('invoice.created', stripeInvoice({ customer: 'cus_late' }));
      await buyer.send(stranger);
      expect(await inboxOf(florin, stranger.id)).toMatchObject({ status: 'deferred' });
      await waited(stranger.id, 5);
      expect(await inboxOf(florin, stranger.id)).toMatchObject({ status: 'deferred', attempts: 6 });
      const left = await florin.sql.query(
        "select next_attempt_at - received_at < interval '1 hour' as soon from inbound_events where event_id = $1",
        [stranger.id],
      );
      expect(left.rows).toEqual([{ soon: true }]);
      await waited(stranger.id, 1);
      expect(await inboxOf(florin, stranger.id)).toMatchObject({
        status: 'ignored',
        error: expect.stringContaining('not found'),
      });
      await buyer.send(stripeEvent('checkout.session.completed', checkoutSession({ customer: 'cus_late' })));
      expect(await inboxOf(florin, stranger.id)).toMatchObject({ status: 'processed', outcome: 'captured' });
    });

    it('but of a customer of ours they are given up after three days, at error level', async () => {
      await bought();
      const event = stripeEvent('customer.subscription.updated', stripeSubscription({ id: 'sub_unknown' }));
      await buyer.send(event);
      await waited(event.id, 11);
      expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'dead', attempts: 12 });
    });
  });
});
