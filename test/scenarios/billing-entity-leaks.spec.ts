import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop } from '../support/shop.ts';

/** Where Lago still asks the customer's entity after a move (lago.md 3.6), one test each. Prefixes and archiving: test/http/billing-entities. */
describe('after a move nothing is left with the old billing entity', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await stockShop(tenant.call);
    await make(tenant.call, '/api/v1/taxes', 'tax', { code: 'fr', name: 'TVA', rate: 20 });
    await make(tenant.call, '/api/v1/taxes', 'tax', { code: 'de', name: 'MwSt', rate: 19 });
    await tenant.call('PATCH', '/api/v1/billing_entities/default', { country: 'FR', tax_codes: ['fr'], net_payment_term: 10 });
    await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'de',
      name: 'Deutschland GmbH',
      country: 'DE',
      tax_codes: ['de'],
      timezone: 'Pacific/Kiritimati',
      net_payment_term: 30,
      document_number_prefix: 'DE',
      billing_configuration: { invoice_grace_period: 3, document_locale: 'de', invoice_footer: 'HRB 1' },
    });
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme' });
  });

  const take = (planCode: string, fields: object = {}) =>
    make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'acme',
      external_id: 'sub',
      plan_code: planCode,
      ...fields,
    });
  const move = (code: string | null) =>
    tenant.call('PATCH', '/api/v1/subscriptions/sub', { subscription: { billing_entity_code: code } });
  const sell = (code: string, amountCents: number) =>
    make(tenant.call, '/api/v1/plans', 'plan', {
      code,
      name: code,
      interval: 'monthly',
      amount_cents: amountCents,
      amount_currency: 'USD',
      pay_in_advance: true,
    });
  const wholeInvoices = async () => {
    const { body } = await tenant.call('GET', '/api/v1/invoices?external_customer_id=acme');
    const whole = [];
    for (const { lago_id: id } of body.invoices.toReversed())
      whole.push((await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice);
    return whole;
  };

  it('(1) default taxes are those of the entity that bills, and change with it both ways', async () => {
    await take('team');
    await move('de');
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    await move(null);
    await advance(tenant.call, '2026-03-01T00:10:00Z');
    const [february, january] = await invoicesOf(tenant.call, 'sub');
    expect([january.taxes_amount_cents, february.taxes_amount_cents]).toEqual([(7900 * 19) / 100, (7900 * 20) / 100]);
  });

  it('(2) fees in advance are stamped with the entity of their invoice, and taxed by it', async () => {
    await sell('early', 1000);
    await take('early');
    await advance(tenant.call, '2026-01-15T00:00:00Z');
    await move('de');
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    const invoices = await wholeInvoices();
    expect(
      invoices.map(({ number, billing_entity_code, taxes_amount_cents, fees }) => [
        number,
        billing_entity_code,
        taxes_amount_cents,
        new Set(fees.map((fee: { lago_billing_entity_id: string }) => fee.lago_billing_entity_id)).size,
      ]),
    ).toEqual([
      ['INV-2026-0001', 'default', 200, 1],
      ['DE-2026-0001', 'de', 190, 1],
    ]);
    expect(invoices[0].fees[0].lago_billing_entity_id).not.toBe(invoices[1].fees[0].lago_billing_entity_id);
  });

  it('(3) zone, grace, payment term, language and footer of its documents are its own', async () => {
    await take('team');
    await move('de');
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    // Kiritimati is 14 hours ahead: the run of 00:00 UTC is at 14:00 there, and three days of grace end on the 4th.
    expect((await invoicesOf(tenant.call, 'sub'))[0]).toMatchObject({
      timezone: 'Pacific/Kiritimati',
      status: 'draft',
      issuing_date: '2026-02-04',
      net_payment_term: 30,
      payment_due_date: '2026-03-06',
      scheduled_finalize_at: '2026-02-04T00:00:00Z',
      seller: { name: 'Deutschland GmbH', country: 'DE', document_locale: 'de', invoice_footer: 'HRB 1' },
    });
  });

  it('(4) an upgrade in advance that names another entity is billed, each part by its own', async () => {
    await sell('small', 1000);
    await sell('large', 3100);
    await take('small');
    await advance(tenant.call, '2026-01-11T00:00:00Z');
    const upgraded = await take('large', { billing_entity_code: 'de' });
    expect(upgraded.billing_entity_code).toBe('de');
    const { body } = await tenant.call('POST', '/api/v1/billing_runs');
    expect(body.billing_run).toMatchObject({ failed: 0 });
    const invoices = await wholeInvoices();
    expect(invoices[0]).toMatchObject({ billing_entity_code: 'default', fees_amount_cents: 1000 });
    expect(invoices.at(-1)).toMatchObject({ number: 'DE-2026-0001', billing_entity_code: 'de', fees_amount_cents: 2100 });
  });

  describe('on the day of an upgrade', () => {
    beforeEach(async () => {
      await sell('small', 3100);
      await sell('large', 6200);
      await take('small');
      await advance(tenant.call, '2026-01-11T00:00:00Z');
    });
    const rest = 4200;
    const billed = async () => {
      const { body } = await tenant.call('POST', '/api/v1/billing_runs');
      expect(body.billing_run).toMatchObject({ failed: 0 });
      return (await wholeInvoices())
        .map(({ billing_entity_code, fees }) => [
          billing_entity_code,
          fees.map((fee: { amount_cents: number }) => fee.amount_cents),
        ])
        .toSorted();
    };
    const first = ['default', [3100]];

    it('one invoice holds both, though only one of them names the entity', async () => {
      await take('large', { billing_entity_code: 'default' });
      expect(await billed()).toEqual([first, ['default', [rest]]]);
    });

    it('one that has moved since is billed by its new entity, the end of the old one by the old', async () => {
      await take('large');
      await move('de');
      expect(await billed()).toEqual([['de', [rest]], ['default', []], first]);
      await advance(tenant.call, '2026-02-01T00:10:00Z');
      expect((await wholeInvoices()).at(-1)).toMatchObject({ billing_entity_code: 'de', fees_amount_cents: 6200 });
    });

    it('one whose customer has moved since stays with the entity that it names', async () => {
      await take('large', { billing_entity_code: 'default' });
      await tenant.call('PUT', '/api/v1/customers/acme', { billing_entity_code: 'de' });
      expect(await billed()).toEqual([['de', []], first, ['default', [rest]]]);
    });

    it('one that has moved and ended since is billed for what began, and credited for the rest', async () => {
      await take('large');
      await move('de');
      await tenant.call('DELETE', '/api/v1/subscriptions/sub');
      await billed();
      const { body } = await tenant.call('GET', '/api/v1/credit_notes');
      expect(body.credit_notes.map((note: { invoice_number: string }) => note.invoice_number.slice(0, 3)).toSorted()).toEqual([
        'DE-',
        'INV',
      ]);
    });
  });

  it('credit stays with the entity that gave it: the new one takes none of it, the old one takes it later', async () => {
    await sell('early', 1000);
    await take('early');
    await advance(tenant.call, '2026-01-01T03:00:00Z');
    const [given] = await wholeInvoices();
    const item = { fee_id: given.fees[0].lago_id, amount_cents: 500 };
    await make(tenant.call, '/api/v1/credit_notes', 'credit_note', { invoice_id: given.lago_id, items: [item] });
    await move('de');
    const preview = () => tenant.call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    expect((await preview()).body.invoice).toMatchObject({ credit_notes_amount_cents: 0 });
    await advance(tenant.call, '2026-02-04T00:10:00Z');
    expect((await wholeInvoices())[1]).toMatchObject({ number: 'DE-2026-0001', status: 'finalized', total_amount_cents: 1190 });
    await move(null);
    expect((await preview()).body.invoice).toMatchObject({ credit_notes_amount_cents: 600 });
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    expect((await wholeInvoices())[2]).toMatchObject({ billing_entity_code: 'default', total_amount_cents: 600 });
  });

  it('(5) the subscription says who bills it, over the API and in its events', async () => {
    const created = await take('team');
    expect(created.billing_entity_code).toBe('default');
    expect((await move('de')).body.subscription.billing_entity_code).toBe('de');
    const { rows } = await florin.sql.query(
      `select payload->>'billing_entity_code' as code from outbox_events where object_id = $1 and type = 'subscription.updated'`,
      [created.lago_id],
    );
    expect(rows).toEqual([{ code: 'de' }]);
  });

  it('(7) what is paid in advance is found, whoever billed it: an upgrade after the move bills no day of it twice (I20)', async () => {
    await sell('small', 3100);
    await sell('large', 6200);
    await take('small');
    await advance(tenant.call, '2026-01-11T00:00:00Z');
    await move('de');
    await take('large');
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    const plan = (await wholeInvoices()).flatMap(({ fees, billing_entity_code }) =>
      fees.map((fee: { amount_cents: number }) => [billing_entity_code, fee.amount_cents]),
    );
    // January of the small plan once, by the old entity; the large one from the 11th on, by the new one.
    expect(plan).toEqual([
      ['default', 3100],
      ['de', 4200],
      ['de', 6200],
    ]);
  });

  it('(9) a subscription that has not started keeps the entity that a change of its plan names', async () => {
    await sell('small', 1000);
    await sell('large', 2000);
    await take('small', { subscription_at: '2026-02-01T00:00:00Z' });
    const changed = await take('large', { billing_entity_code: 'de' });
    expect(changed).toMatchObject({ status: 'pending', plan_code: 'large', billing_entity_code: 'de' });
    await advance(tenant.call, '2026-02-01T01:00:00Z');
    expect((await invoicesOf(tenant.call, 'sub'))[0]).toMatchObject({ number: 'DE-2026-0001', fees_amount_cents: 2000 });
  });
});

describe('an organization with one billing entity', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());

  /** Every answer of a billing story, with what must differ between two organizations replaced in order of appearance. */
  async function told(flags: Parameters<typeof setFlags>[2]): Promise<string[]> {
    const tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await setFlags(florin, tenant, flags);
    await stockShop(tenant.call);
    const answers: unknown[] = [];
    const ask = async (...call: Parameters<Tenant['call']>) => {
      const { status, body } = await tenant.call(...call);
      answers.push([call[0], call[1], status, body]);
      return body;
    };
    await ask('POST', '/api/v1/customers', { customer: { external_id: 'acme', name: 'Acme', consolidate_invoices: false } });
    for (const external_id of ['a', 'b'])
      await ask('POST', '/api/v1/subscriptions', {
        subscription: { external_customer_id: 'acme', plan_code: 'team', external_id },
      });
    await ask('PUT', '/api/v1/subscriptions/a', { subscription: { name: 'renamed' } });
    await ask('POST', '/api/v1/subscriptions/a/preview-invoice');
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    await ask('GET', '/api/v1/subscriptions/b/invoices');
    await ask('DELETE', '/api/v1/subscriptions/b');
    await advance(tenant.call, '2026-03-01T02:00:00Z');
    const { invoices } = await ask('GET', '/api/v1/invoices?external_customer_id=acme');
    for (const invoice of invoices) await ask('GET', `/api/v1/invoices/${invoice.lago_id}`);
    await ask('GET', '/api/v1/subscriptions');
    await ask('GET', '/api/v1/billing_entities');
    const ids = new Map<string, string>();
    const today = new Date().toISOString().slice(0, 10);
    return answers.map((answer) =>
      JSON.stringify(answer)
        .replaceAll(
          /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g,
          (id) => ids.get(id) ?? (ids.set(id, `id ${ids.size}`).get(id) as string),
        )
        .replaceAll(new RegExp(`${today}T[0-9:.]+Z`, 'g'), 'now'),
    );
  }

  it('sees no difference between the flag on and off, to the byte (I22)', async () => {
    const off = await told([]);
    expect(off.length).toBeGreaterThan(12);
    expect(await told(['multi_entity_billing'])).toEqual(off);
  });
});
