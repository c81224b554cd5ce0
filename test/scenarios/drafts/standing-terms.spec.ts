import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { expectProved } from '../../support/proved.ts';
import { make, use } from '../../support/shop.ts';
import { advance, meter, openAt, sell, take, tax, wholeInvoices } from '../life/life.ts';

/** A draft is priced again with the terms that stand on it: only usage differs. */
describe('a draft whose terms changed before it was issued', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  beforeAll(async () => (florin = await startFlorin()));
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await openAt(florin, '2027-01-01T00:00:00Z');
    call = tenant.call;
  });
  /** Nothing of it is wrong to `florin doctor` and `florin explain --verify`. */
  afterEach(async () => {
    await expectHealthy(florin);
    await expectProved(florin, tenant);
  });

  /** 30.00 a month, units at 0.50. */
  const sellWithUnits = async (fields: object = {}, charge: object = {}) => {
    const { lago_id: metric } = await meter(call);
    const charges = [{ billable_metric_id: metric, charge_model: 'standard', properties: { amount: '0.5' }, ...charge }];
    return sell(call, 'plan', 3000, { pay_in_advance: false, charges, ...fields });
  };
  /** To another seller. */
  const move = async (subscription: string) => {
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await make(call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'EU' });
    await put(`/api/v1/subscriptions/${subscription}`, { subscription: { billing_entity_code: 'eu' } });
    const { billing_entity_code: code } = (await call('GET', `/api/v1/subscriptions/${subscription}`)).body.subscription;
    expect(code).toBe('eu');
  };
  const late = (count: number, subscription = 'sub') => use(call, subscription, 'units', { count }, '2027-01-20T00:00:00Z');
  const only = async (subscription = 'sub') => {
    const invoices = await wholeInvoices(call, subscription);
    expect(invoices).toHaveLength(1);
    return invoices[0];
  };
  const put = async (path: string, body: object) => expect((await call('PUT', path, body)).status).toBe(200);
  const drafted = () => advance(call, '2027-02-01T00:10:00Z');
  const issued = () => advance(call, '2027-02-01T02:00:00Z');

  describe('is credited, and', () => {
    /** 30.00 in advance, with usage; what ends within the hour of the draft is credited on it. */
    const creditedDraft = async (ends: () => Promise<unknown>) => {
      await sellWithUnits({ pay_in_advance: true });
      await take(call, 'sub', 'plan');
      await issued();
      await advance(call, '2027-03-01T00:10:00Z');
      await ends();
      await advance(call, '2027-03-01T00:20:00Z');
      expect((await call('POST', '/api/v1/billing_runs')).status).toBe(200);
      await use(call, 'sub', 'units', { count: 10 }, '2027-02-20T00:00:00Z');
    };
    const drafts = async () => (await wholeInvoices(call, 'sub')).filter(({ status }) => status === 'draft');

    const ends: Record<string, () => Promise<unknown>> = {
      'its subscription ends': () => call('DELETE', '/api/v1/subscriptions/sub'),
      'its subscription is upgraded': async () => {
        await sell(call, 'larger', 9000);
        await make(call, '/api/v1/subscriptions', 'subscription', {
          external_customer_id: 'customer of sub',
          external_id: 'sub',
          plan_code: 'larger',
        });
      },
      'its subscription is paused': () => call('POST', '/api/v1/subscriptions/sub/pause'),
    };
    for (const [name, end] of Object.entries(ends))
      it(`counts the event that comes late, when ${name}`, async () => {
        await creditedDraft(end);
        const [draft] = await drafts();
        expect(draft.fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual([3000, 0]);
        const refreshed = await call('PUT', `/api/v1/invoices/${draft.lago_id}/refresh`);
        expect(refreshed.status).toBe(200);
        expect(refreshed.body.invoice.fees_amount_cents).toBe(3500);
        expect(refreshed.body.invoice.fees.map((fee: { lago_id: string }) => fee.lago_id)).toEqual(
          draft.fees.map((fee: { lago_id: string }) => fee.lago_id),
        );
        await advance(call, '2027-03-01T03:00:00Z');
        expect(await drafts()).toEqual([]);
        const { credit_notes: notes } = (await call('GET', '/api/v1/credit_notes')).body;
        expect(notes).toHaveLength(1);
        expect(notes[0].items[0].fee.lago_id).toBe(draft.fees[0].lago_id);
      });
  });

  it('counts late usage by the seller that stands on it, when its subscription moved', async () => {
    await sellWithUnits();
    await take(call, 'sub', 'plan');
    await late(10);
    await drafted();
    await move('sub');
    await late(20);
    await issued();
    expect(await only()).toMatchObject({ status: 'finalized', billing_entity_code: 'default', fees_amount_cents: 4500 });
  });

  it('counts late usage of all subscriptions on it, when one of them moved', async () => {
    await sellWithUnits();
    await take(call, 'sub', 'plan', {}, { consolidate_invoices: true });
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of sub',
      external_id: 'other',
      plan_code: 'plan',
    });
    await drafted();
    await move('sub');
    await late(10);
    await late(20, 'other');
    await issued();
    expect(await only()).toMatchObject({ billing_entity_code: 'default', fees_amount_cents: 3000 + 500 + 3000 + 1000 });
  });

  it('counts late usage when what it had counted was below zero', async () => {
    await sellWithUnits();
    await take(call, 'sub', 'plan');
    await late(-5);
    await drafted();
    await late(1000);
    await issued();
    expect((await only()).fees_amount_cents).toBe(3000 + 49_750);
  });

  it('counts late usage at its price and tax, whatever becomes of plan, charge, filters and tax', async () => {
    await tax(call, 20);
    const { lago_id: metric } = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'units',
      name: 'Units',
      aggregation_type: 'sum_agg',
      field_name: 'count',
      filters: [{ key: 'region', values: ['eu', 'us'] }],
    });
    const charge = { billable_metric_id: metric, charge_model: 'standard', properties: { amount: '0.5' } };
    const filters = [{ values: { region: ['eu'] }, properties: { amount: '2' } }];
    await sell(call, 'plan', 3000, { pay_in_advance: false, charges: [{ ...charge, filters }] });
    await take(call, 'sub', 'plan');
    await late(10);
    await drafted();
    await put('/api/v1/taxes/vat', { tax: { rate: 7 } });
    await put('/api/v1/plans/plan', {
      plan: {
        amount_cents: 9900,
        charges: [
          { ...charge, properties: { amount: '7' }, filters: [{ values: { region: ['us'] }, properties: { amount: '9' } }] },
        ],
      },
    });
    await use(call, 'sub', 'units', { count: 10, region: 'us' }, '2027-01-21T00:00:00Z');
    await use(call, 'sub', 'units', { count: 10, region: 'eu' }, '2027-01-21T00:00:00Z');
    await issued();
    const invoice = await only();
    expect(invoice).toMatchObject({ fees_amount_cents: 3000 + 1000 + 2000, taxes_amount_cents: 1200 });
    expect(invoice.applied_taxes.map((applied: { tax_rate: number }) => applied.tax_rate)).toEqual([20]);
  });

  it('counts late usage of a charge that the plan has no more', async () => {
    await sellWithUnits();
    await take(call, 'sub', 'plan');
    await drafted();
    await put('/api/v1/plans/plan', { plan: { charges: [] } });
    await late(10);
    await issued();
    expect((await only()).fees_amount_cents).toBe(3500);
  });

  it('counts late usage when the subscription got prices of its own', async () => {
    await sellWithUnits();
    await take(call, 'sub', 'plan');
    await drafted();
    await put('/api/v1/subscriptions/sub', { subscription: { plan_overrides: { amount_cents: 100 } } });
    await late(10);
    await issued();
    expect((await only()).fees_amount_cents).toBe(3500);
  });

  it('lacks the minimum that stands on it, and no other', async () => {
    await sellWithUnits({}, { min_amount_cents: 2000 });
    await take(call, 'sub', 'plan');
    await take(call, 'reached', 'plan');
    await late(10);
    await late(50, 'reached');
    await drafted();
    const [charge] = (await call('GET', '/api/v1/plans/plan')).body.plan.charges;
    await put('/api/v1/plans/plan', {
      plan: {
        minimum_commitment: { amount_cents: 99_900 },
        charges: [{ id: charge.lago_id, min_amount_cents: 9000 }],
      },
    });
    await late(10);
    await late(10, 'reached');
    await issued();
    expect((await only()).fees_amount_cents).toBe(3000 + 1000 + 1000);
    expect((await only('reached')).fees_amount_cents).toBe(3000 + 3000);
  });

  it('lacks a minimum again, when usage becomes less', async () => {
    await sellWithUnits({}, { min_amount_cents: 2000 });
    await take(call, 'sub', 'plan');
    await late(50);
    await drafted();
    await late(-20);
    await issued();
    expect((await only()).fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual([3000, 1500, 500]);
  });

  it('lacks what it did, when its subscription ends in the instant of its boundary', async () => {
    await sellWithUnits({ pay_in_advance: true, minimum_commitment: { amount_cents: 5000 } });
    await take(call, 'sub', 'plan');
    await advance(call, '2027-02-01T00:00:00Z');
    expect((await call('DELETE', '/api/v1/subscriptions/sub')).status).toBe(200);
    await late(10);
    await issued();
    const invoice = (await wholeInvoices(call, 'sub'))[1];
    expect(invoice.fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual([3000, 500, 1500]);
  });

  it('renews the seats that are known when it is issued, at the price of its other seats', async () => {
    const { lago_id: metric } = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'seats',
      name: 'Seats',
      aggregation_type: 'sum_agg',
      field_name: 'count',
      recurring: true,
    });
    const charge = { billable_metric_id: metric, charge_model: 'standard', pay_in_advance: true, properties: { amount: '10' } };
    await sell(call, 'plan', 3000, { pay_in_advance: false, charges: [charge] });
    for (const id of ['sub', 'none']) await take(call, id, 'plan');
    await use(call, 'sub', 'seats', { count: 2 }, '2027-01-05T00:00:00Z');
    await drafted();
    await put('/api/v1/plans/plan', { plan: { charges: [{ ...charge, properties: { amount: '99' } }] } });
    for (const id of ['sub', 'none']) await use(call, id, 'seats', { count: 1 }, '2027-01-20T00:00:00Z');
    await issued();
    const renewed = async (id: string) =>
      (await wholeInvoices(call, id))
        .filter(({ fees }) => fees.some((fee: { item: { type: string } }) => fee.item.type === 'subscription'))
        .map((invoice) => invoice.fees_amount_cents);
    expect(await renewed('sub')).toEqual([3000 + 3000]);
    expect(await renewed('none')).toEqual([3000 + 9900]);
  });

  it('is not written again, and tells nothing, when nothing came late', async () => {
    await sellWithUnits({}, { min_amount_cents: 2000 });
    await take(call, 'sub', 'plan');
    await late(-5);
    await drafted();
    await put('/api/v1/plans/plan', { plan: { amount_cents: 9900 } });
    await issued();
    const { lago_id: id } = await only();
    const { rows } = await florin.sql.query(
      "select count(*)::int as told from outbox_events where object_id = $1 and type = 'invoice.refreshed'",
      [id],
    );
    expect(rows[0].told).toBe(0);
  });
});
