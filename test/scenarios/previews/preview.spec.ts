import { expectHealthy } from '../../support/doctor.ts';
import { type Answer, type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from '../life/life.ts';

const ask = (call: Caller, input: object): Promise<Answer> => call('POST', '/api/v1/invoices/preview', input);
const preview = async (call: Caller, input: object) => {
  const { status, body } = await ask(call, input);
  if (status !== 200) throw new Error(`no preview: ${JSON.stringify(body)}`);
  return body.invoice;
};

/** What an invoice and its preview have to agree on. */
// oxlint-disable-next-line typescript/no-explicit-any
const said = (invoice: any) => ({
  lines: linesOf(invoice),
  names: invoice.fees.map((fee: { item: { name: string; code: string } }) => [fee.item.name, fee.item.code]),
  derivations: invoice.fees.map((fee: { derivation: object }) => fee.derivation),
  // oxlint-disable-next-line typescript/no-explicit-any
  taxes: invoice.applied_taxes.map((line: any) => [line.tax_code, line.tax_rate, line.amount_cents]),
  totals: [invoice.fees_amount_cents, invoice.taxes_amount_cents, invoice.sub_total_including_taxes_amount_cents],
  period: [invoice.period_start, invoice.period_end, invoice.invoicing_reason],
  subscriptions: invoice.subscriptions.map((row: { external_id: string }) => row.external_id).toSorted(),
  dates: [invoice.issuing_date, invoice.payment_due_date, invoice.billing_entity_code, invoice.currency],
});

describe('POST /invoices/preview', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const customer = { external_id: 'customer of sub' };
  const existing = (fields: object = {}) => ({ customer, subscriptions: { external_ids: ['sub'], ...fields } });

  it('of a plan that a customer would take is its first invoice', async () => {
    const { call } = await openAt(florin, '2025-01-10T09:00:00Z');
    await tax(call, 20);
    await sell(call, 'advance', 3100);
    await sell(call, 'arrears', 3100, { pay_in_advance: false, trial_period: 3 });
    await make(call, '/api/v1/customers', 'customer', { external_id: 'customer of sub', timezone: 'Asia/Tokyo' });
    const first = await preview(call, { customer, plan_code: 'advance', billing_time: 'calendar' });
    expect([first.lago_id, first.number, first.status, first.invoicing_reason]).toEqual([
      null,
      null,
      'draft',
      'subscription_starting',
    ]);
    // By UTC day: the days of Paris begin at 23:00 of the day before.
    expect(linesOf(first)).toEqual(['subscription 2200 2025-01-09/2025-01-31']);
    const later = await preview(call, { customer, plan_code: 'arrears', subscription_at: '2025-02-02T00:00:00Z' });
    expect(await call('GET', '/api/v1/subscriptions')).toMatchObject({ body: { meta: { total_count: 0 } } });
    await take(call, 'sub', 'advance');
    await bill(call);
    await take(call, 'late', 'arrears', { external_customer_id: 'customer of sub', subscription_at: '2025-02-02T00:00:00Z' });
    await advance(call, '2025-03-01T00:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    const { subscriptions: _, ...expected } = said(invoices[0]);
    expect(said(first)).toMatchObject(expected);
    const made = invoices.find((invoice) => invoice.subscriptions[0].external_id === 'late');
    const { subscriptions: __, ...expectedLater } = said(made);
    expect(said(later)).toMatchObject(expectedLater);
  });

  it('of an inline customer uses its zone, address and entity, and stores nobody', async () => {
    const { call } = await openAt(florin, '2025-01-31T20:00:00Z');
    await make(call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'fr',
      name: 'Paris',
      country: 'FR',
      tax_by_address: true,
      net_payment_term: 14,
    });
    await sell(call, 'plan', 3000);
    const invoice = await preview(call, {
      customer: { name: 'Nobody', country: 'FR', timezone: 'Asia/Tokyo', currency: 'EUR' },
      plan_code: 'plan',
      billing_entity_code: 'fr',
    });
    // It is 1 February in Tokyo.
    expect(invoice).toMatchObject({ issuing_date: '2025-02-01', payment_due_date: '2025-02-15', billing_entity_code: 'fr' });
    expect(invoice.applied_taxes).toMatchObject([{ tax_code: 'address:FR', tax_rate: 20, amount_cents: 600 }]);
    expect(invoice.customer).toMatchObject({ name: 'Nobody', country: 'FR' });
    expect((await call('GET', '/api/v1/customers')).body.meta.total_count).toBe(0);
  });

  it('of what an existing customer would be somewhere else changes nobody', async () => {
    const { call } = await openAt(florin, '2025-01-01T00:00:00Z');
    await make(call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'de',
      name: 'Berlin',
      country: 'DE',
      tax_by_address: true,
    });
    await sell(call, 'plan', 10_000, { pay_in_advance: false });
    await take(call, 'sub', 'plan', {}, { country: 'DE', billing_entity_code: 'de' });
    const rates = async (fields: object) =>
      (await preview(call, { ...existing(), customer: { ...customer, ...fields } })).applied_taxes.map(
        (line: { tax_rate: number; address_rule: string }) => [line.address_rule, line.tax_rate],
      );
    expect(await rates({})).toEqual([['domestic', 19]]);
    expect(await rates({ country: 'FR' })).toEqual([['eu_consumer', 20]]);
    expect((await call('GET', '/api/v1/customers/customer%20of%20sub')).body.customer.country).toBe('DE');
  });

  it('of subscriptions as they are is their next invoice, all on one', async () => {
    const { call } = await openAt(florin, '2025-01-10T00:00:00Z');
    await tax(call, 20);
    await meter(call);
    const { body } = await call('GET', '/api/v1/billable_metrics/units');
    const charges = [
      { billable_metric_id: body.billable_metric.lago_id, charge_model: 'standard', properties: { amount: '0.5' } },
    ];
    await sell(call, 'plan', 3100, { pay_in_advance: false, charges });
    await take(call, 'sub', 'plan', {}, { consolidate_invoices: true });
    await take(call, 'other', 'plan', { external_customer_id: 'customer of sub' });
    await use(call, 'sub', 'units', { count: 7 }, '2025-01-12T00:00:00Z');
    await advance(call, '2025-01-31T23:00:00Z');
    const asked = await preview(call, { customer, subscriptions: { external_ids: ['sub', 'other'] } });
    await advance(call, '2025-02-01T00:00:00Z');
    const [made] = await wholeInvoices(call, 'sub');
    expect(said(asked)).toEqual(said(made));
    expect(linesOf(asked)).toHaveLength(4);
  });

  it('of subscriptions that have waited is their oldest day, as they will be billed', async () => {
    const { call } = await openAt(florin, '2025-02-15T00:00:00Z');
    await sell(call, 'plan', 3100);
    await sell(call, 'plain', 1500);
    await take(call, 'sub', 'plan', { subscription_at: '2025-01-05T00:00:00Z' }, { consolidate_invoices: true });
    const other = { external_customer_id: 'customer of sub', external_id: 'other', plan_code: 'plain' };
    await make(call, '/api/v1/subscriptions', 'subscription', { ...other, subscription_at: '2025-02-10T00:00:00Z' });
    const asked = await preview(call, { customer, subscriptions: { external_ids: ['other', 'sub'] } });
    await bill(call);
    const made = (await wholeInvoices(call, 'sub')).map(said);
    expect(made.map(({ lines }) => lines)).toEqual([
      ['subscription 2700 2025-01-05/2025-02-01'],
      ['subscription 1018 2025-02-10/2025-03-01'],
      ['subscription 3100 2025-02-01/2025-03-01'],
    ]);
    expect(said(asked)).toEqual(made[0]);
  });

  it('sees what time brings: a planned downgrade, the end of a trial, an announced end', async () => {
    const { call } = await openAt(florin, '2025-01-01T00:00:00Z');
    await sell(call, 'large', 10_000);
    await sell(call, 'small', 1000);
    await sell(call, 'tried', 3100, { trial_period: 10 });
    await take(call, 'sub', 'large');
    await bill(call);
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of sub',
      external_id: 'sub',
      plan_code: 'small',
    });
    const downgraded = await preview(call, existing());
    expect(linesOf(downgraded)).toEqual(['subscription 1000 2025-02-01/2025-03-01']);
    await advance(call, '2025-02-01T00:00:00Z');
    expect(said(downgraded)).toEqual(said((await wholeInvoices(call, 'sub')).at(-1)));

    await take(call, 'trial', 'tried', { ending_at: '2025-02-20T12:00:00Z' });
    const trial = { customer: { external_id: 'customer of trial' }, subscriptions: { external_ids: ['trial'] } };
    const started = await preview(call, trial);
    await advance(call, '2025-02-11T00:00:00Z');
    expect(said(started)).toEqual(said((await wholeInvoices(call, 'trial')).at(-1)));
    const ended = await preview(call, trial);
    expect(ended).toMatchObject({
      invoicing_reason: 'subscription_terminating',
      credit_notes: [{ reason: 'order_cancellation' }],
    });
    await advance(call, '2025-02-20T13:00:00Z');
    const { dates: _, ...expected } = said((await wholeInvoices(call, 'trial')).at(-1));
    expect(said(ended)).toMatchObject(expected);
    expect(ended.credit_notes[0].total_amount_cents).toBe(
      (await call('GET', '/api/v1/credit_notes')).body.credit_notes[0].total_amount_cents,
    );
  });

  it('of a termination bills up to that day and gives the unused days back, across periods', async () => {
    const { call } = await openAt(florin, '2025-01-08T00:00:00Z');
    await tax(call, 20);
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'plan', 10_000, { charges });
    await take(call, 'sub', 'plan');
    await bill(call);
    await use(call, 'sub', 'units', { count: 50 }, '2025-03-08T06:00:00Z');
    const asked = await preview(call, existing({ terminated_at: '2025-03-12T12:00:00Z' }));
    expect((await call('GET', '/api/v1/subscriptions/sub')).body.subscription.status).toBe('active');
    await advance(call, '2025-03-12T12:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    await advance(call, '2025-03-12T14:30:00Z');
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    expect(said(asked)).toEqual(said(last));
    expect([asked.credit_notes_amount_cents, asked.total_amount_cents]).toEqual([
      last.credit_notes_amount_cents,
      last.total_amount_cents,
    ]);
    const [note] = (await call('GET', '/api/v1/credit_notes')).body.credit_notes;
    expect(asked.credit_notes).toMatchObject([
      { total_amount_cents: note.total_amount_cents, credit_amount_cents: note.credit_amount_cents },
    ]);
  });

  it('of an end after a start that is still to come counts towards the commitment what would be paid and given back', async () => {
    const { call } = await openAt(florin, '2025-03-15T00:00:00Z');
    await sell(call, 'plan', 3000, { minimum_commitment: { amount_cents: 6000 } });
    await take(call, 'sub', 'plan', { subscription_at: '2025-04-01T00:00:00Z' });
    const asked = await preview(call, existing({ terminated_at: '2025-04-10T12:00:00Z' }));
    // 10/30 of 60.00 less the 10.00 of the plan that are used.
    expect(linesOf(asked)).toEqual(['commitment 1000 2025-04-01/2025-04-11']);
    await advance(call, '2025-04-10T12:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    await bill(call);
    expect(said(asked)).toEqual(said((await wholeInvoices(call, 'sub')).at(-1)));
  });

  it.each([
    ['upgrade', 'large', true],
    ['upgrade', 'large', false],
    ['downgrade', 'small', true],
    ['downgrade', 'small', false],
  ])('of an %s to %s (in advance: %s) is the invoice of the change', async (_, planCode, inAdvance) => {
    const { call } = await openAt(florin, '2025-01-08T00:00:00Z');
    await tax(call, 8.875);
    await sell(call, 'small', 1000, { pay_in_advance: inAdvance });
    await sell(call, 'middle', 5000, { pay_in_advance: inAdvance });
    await sell(call, 'large', 9000, { pay_in_advance: inAdvance });
    await take(call, 'sub', 'middle');
    await advance(call, '2025-02-12T06:00:00Z');
    const before = (await wholeInvoices(call, 'sub')).length;
    const asked = await preview(call, existing({ plan_code: planCode }));
    expect((await call('GET', '/api/v1/subscriptions/sub')).body.subscription).toMatchObject({
      plan_code: 'middle',
      next_plan_code: null,
    });
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of sub',
      external_id: 'sub',
      plan_code: planCode,
    });
    await advance(call, '2025-03-01T00:00:00Z');
    const made = (await wholeInvoices(call, 'sub'))[before];
    expect(said(asked)).toEqual(said(made));
  });

  describe('is refused with one clear error', () => {
    let call: Caller;
    beforeAll(async () => {
      ({ call } = await openAt(florin, '2025-01-10T00:00:00Z'));
      await sell(call, 'plan', 3100);
      await sell(call, 'dollars', 3100, { amount_currency: 'USD' });
      await take(call, 'sub', 'plan');
      await take(call, 'late', 'plan', { subscription_at: '2025-06-01T00:00:00Z' });
      await take(call, 'two', 'plan', { external_customer_id: 'customer of sub' });
      await take(call, 'ended', 'plan');
      await call('DELETE', '/api/v1/subscriptions/ended');
      await bill(call);
    });
    const of = (externalId: string, fields: object = {}) => ({ subscriptions: { external_ids: [externalId], ...fields } });

    it.each<[string, () => object, number, string, object | undefined]>([
      ['no customer', () => ({ plan_code: 'plan' }), 422, 'validation_errors', { customer: ['value_is_mandatory'] }],
      ['neither plan nor subscriptions', () => ({ customer }), 422, 'validation_errors', { plan_code: ['value_is_mandatory'] }],
      [
        'both plan and subscriptions',
        () => ({ customer, plan_code: 'plan', ...of('sub') }),
        422,
        'validation_errors',
        { plan_code: ['not_allowed_with_subscriptions'] },
      ],
      [
        'an unknown customer',
        () => ({ customer: { external_id: 'x' }, plan_code: 'plan' }),
        404,
        'customer_not_found',
        undefined,
      ],
      ['an unknown plan', () => ({ customer, plan_code: 'x' }), 404, 'plan_not_found', undefined],
      ['an unknown subscription', () => of('x'), 404, 'subscription_not_found', undefined],
      ["another customer's", () => ({ customer, ...of('late') }), 404, 'subscription_not_found', undefined],
      [
        'an unknown entity',
        () => ({ customer: {}, plan_code: 'plan', billing_entity_code: 'x' }),
        404,
        'billing_entity_not_found',
        undefined,
      ],
      [
        'coupons',
        () => ({ customer, plan_code: 'plan', coupons: [{ code: 'x' }] }),
        422,
        'validation_errors',
        { coupons: ['unsupported_value'] },
      ],
      [
        'another currency',
        () => of('sub', { plan_code: 'dollars' }),
        422,
        'validation_errors',
        { plan_code: ['currencies_does_not_match'] },
      ],
      [
        'another currency of a new one',
        () => ({ customer, plan_code: 'dollars' }),
        422,
        'validation_errors',
        { currency: ['currencies_does_not_match'] },
      ],
      [
        'an end in the past',
        () => of('sub', { terminated_at: '2025-01-09T00:00:00Z' }),
        422,
        'validation_errors',
        { 'subscriptions.terminated_at': ['in_the_past'] },
      ],
      [
        'an end before the start',
        () => of('late', { terminated_at: '2025-02-01T00:00:00Z' }),
        422,
        'validation_errors',
        { 'subscriptions.terminated_at': ['before_start'] },
      ],
      [
        'an end in a century',
        () => of('sub', { terminated_at: '2085-02-01T00:00:00Z' }),
        422,
        'validation_errors',
        { 'subscriptions.terminated_at': ['value_is_out_of_range'] },
      ],
      [
        'an end without zone',
        () => of('sub', { terminated_at: '2025-02-01T00:00:00' }),
        422,
        'validation_errors',
        { 'subscriptions.terminated_at': ['invalid_date'] },
      ],
      [
        'two ends',
        () => ({ subscriptions: { external_ids: ['sub', 'two'], terminated_at: '2025-02-01T00:00:00Z' } }),
        422,
        'validation_errors',
        { 'subscriptions.external_ids': ['only_one_subscription_allowed_for_termination'] },
      ],
      [
        'an end and a change',
        () => of('sub', { terminated_at: '2025-02-01T00:00:00Z', plan_code: 'plan' }),
        422,
        'validation_errors',
        { 'subscriptions.plan_code': ['not_allowed_with_terminated_at'] },
      ],
      [
        'no subscriptions',
        () => ({ subscriptions: { external_ids: [] } }),
        422,
        'validation_errors',
        { 'subscriptions.external_ids': ['value_is_mandatory'] },
      ],
      ['an ended one', () => of('ended'), 405, 'subscription_not_billable', { subscription: ['nothing_to_bill'] }],
      [
        'the end of an ended one',
        () => of('ended', { terminated_at: '2025-02-01T00:00:00Z' }),
        405,
        'transition_not_allowed',
        undefined,
      ],
    ])('%s', async (_, input, status, code, details) => {
      const answer = await ask(call, input());
      expect([answer.status, answer.body.code, answer.body.error_details]).toEqual([status, code, details]);
    });
  });
});
