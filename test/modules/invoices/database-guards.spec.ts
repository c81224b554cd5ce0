import { isISO31661Alpha2 } from 'class-validator';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { advance, invoicesOf, make, stockShop, subscribe } from '../../support/shop.ts';

/** Each rule of the schema, with the violation planted straight in SQL: whatever the code does, it must be refused. */
describe('the database is the last judge', () => {
  let florin: Florin;
  let tenant: Tenant;
  let stranger: Tenant;
  let invoiceId: string;
  let subscriptionId: string;

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    stranger = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    await stockShop(tenant.call);
    await subscribe(tenant.call, 'sub');
    await subscribe(tenant.call, 'other');
    await make(tenant.call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: '10', applied_to_organization: true });
    await advance(tenant.call, '2026-03-01T02:00:00Z');
    const [, first] = await invoicesOf(tenant.call, 'sub');
    invoiceId = first.lago_id;
    subscriptionId = first.lago_subscription_id;
    const [, other] = await invoicesOf(tenant.call, 'other');
    const [fee] = (await tenant.call('GET', `/api/v1/invoices/${other.lago_id}`)).body.invoice.fees;
    const note = { invoice_id: other.lago_id, items: [{ fee_id: fee.lago_id, amount_cents: 100 }], credit_amount_cents: 110 };
    await make(tenant.call, '/api/v1/credit_notes', 'credit_note', note);
    await advance(tenant.call, '2026-04-01T02:00:00Z');
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  /** Runs the statements in one transaction, commit included, and answers the constraint that refused. */
  async function refusedBy(...statements: string[]): Promise<string | undefined> {
    const client = await florin.sql.connect();
    try {
      await client.query('begin');
      for (const statement of statements)
        await client.query(
          statement
            .replaceAll(':org', `'${tenant.id}'`)
            .replaceAll(':invoice', `'${invoiceId}'`)
            .replaceAll(':subscription', `'${subscriptionId}'`)
            .replaceAll(':stranger', `'${stranger.id}'`),
        );
      await client.query('commit');
      return undefined;
    } catch (error) {
      await client.query('rollback');
      return (error as { constraint?: string }).constraint ?? String(error);
    } finally {
      client.release();
    }
  }

  const copyOfInvoice = (changes: Record<string, string>): string => {
    const columns = ['organization_id', 'id', 'source', 'invoice_type', 'status', 'billing_entity_id', 'customer_id', 'subscription_id', 'invoice_number', 'series', 'sequential_id',
      'currency', 'fees_amount_cents', 'taxes_amount_cents', 'total_cents', 'period_start', 'period_end', 'timezone', 'issuing_date', 'payment_due_date', 'net_payment_term', 'created_at', 'updated_at']; // prettier-ignore
    const defaults: Record<string, string> = {
      id: 'gen_random_uuid()', status: `'DRAFT'`, invoice_number: `'X-1'`, series: `'x'`, sequential_id: '1', fees_amount_cents: '0', taxes_amount_cents: '0', total_cents: '0', subscription_id: 'null',
    }; // prettier-ignore
    return `insert into invoices (${columns.join(', ')}) select ${columns.map((column) => changes[column] ?? defaults[column] ?? column).join(', ')} from invoices where id = :invoice`;
  };

  it.each([
    [
      'a period billed twice, in part or whole',
      'ex_billed_periods_once',
      [
        `insert into billed_periods select organization_id, subscription_id, item_id, tstzrange('2026-01-31T12:00:00Z', '2026-02-01T12:00:00Z'), invoice_id, false
         from billed_periods where invoice_id = :invoice limit 1`,
      ],
    ],
    [
      'a period given back after it was over',
      'ck_billed_periods_given_back',
      ['update billed_periods set given_back_from = upper(period) where invoice_id = :invoice'],
    ],
    [
      'credit of another seller taken',
      'credit_stays_with_its_seller',
      [
        `insert into billing_entities select (jsonb_populate_record(e, '{"id": "01a1feb0-0000-7000-8000-00000000abcd", "code": "other", "is_default": false, "document_number_prefix": "OTHER"}')).*
         from billing_entities e where organization_id = :org`,
        `insert into credit_notes (organization_id, id, invoice_id, customer_id, billing_entity_id, sequential_id, number, currency, status, reason, issuing_date, sub_total_amount_cents,
           taxes_amount_cents, total_amount_cents, credit_amount_cents, refund_amount_cents, offset_amount_cents, balance_amount_cents, created_at, updated_at)
         select organization_id, id, id, customer_id, '01a1feb0-0000-7000-8000-00000000abcd', 1, 'X-CN1', currency, 'FINALIZED', 'other', issuing_date, 5, 0, 5, 5, 0, 0, 5, now(), now() from invoices where id = :invoice`,
        `insert into invoice_credits (organization_id, created_at, invoice_id, credit_note_id, amount_cents)
         select organization_id, now(), id, id, 1 from invoices where id = :invoice`,
      ],
    ],
    [
      'a second invoice for a period',
      'uq_invoice_subscriptions_period',
      [
        `insert into invoice_subscriptions select b.organization_id, i.id, b.subscription_id, b.invoicing_reason, b.period_start, b.period_end, false
         from invoice_subscriptions b join invoices i on i.organization_id = b.organization_id and i.subscription_id <> b.subscription_id
         where b.invoice_id = :invoice limit 1`,
      ],
    ],
    ['a number given twice', 'uq_invoices_number', [copyOfInvoice({ invoice_number: 'invoice_number' })]],
    [
      'a number given twice, by two entities',
      'uq_invoices_number',
      [
        `insert into billing_entities select (jsonb_populate_record(e, '{"id": "01a1feb0-0000-7000-8000-00000000000a", "code": "second",
         "document_number_prefix": "SECOND", "is_default": false}')).* from billing_entities e where organization_id = :org`,
        copyOfInvoice({
          billing_entity_id: `'01a1feb0-0000-7000-8000-00000000000a'`,
          invoice_number: 'invoice_number',
          series: 'series',
        }),
      ],
    ],
    [
      'two entities with one prefix',
      'uq_billing_entities_prefix',
      [
        `insert into billing_entities select (jsonb_populate_record(e, '{"id": "01a1feb0-0000-7000-8000-00000000000a", "code": "second",
         "is_default": false}')).* from billing_entities e where organization_id = :org`,
      ],
    ],
    [
      'a counter that stands before its beginning',
      'ck_number_series_last_number',
      [`update number_series set first_number = last_number + 2 where organization_id = :org`],
    ],
    [
      'a place in the series given twice',
      'uq_invoices_sequential_id',
      [copyOfInvoice({ series: 'series', sequential_id: 'sequential_id' })],
    ],
    ['a total that does not add up', 'ck_invoices_total', [copyOfInvoice({ total_cents: '1' })]],
    ['a header without its fees', 'invoice_equals_its_fees', [copyOfInvoice({ fees_amount_cents: '5', total_cents: '5' })]],
    ['a finalized invoice without the day it was', 'ck_invoices_lifecycle', [copyOfInvoice({ status: `'OPEN'` })]],
    ['a state that is none', 'ck_invoices_status', [copyOfInvoice({ status: `'LOST'` })]],
    [
      'a changed amount on an issued invoice',
      'issued_invoices_are_immutable',
      [`update invoices set fees_amount_cents = 1, total_cents = 1 where id = :invoice`],
    ],
    [
      'a changed number on an issued invoice',
      'issued_invoices_are_immutable',
      [`update invoices set invoice_number = 'X' where id = :invoice`],
    ],
    [
      'a changed customer on an issued invoice',
      'issued_invoices_are_immutable',
      [`update invoices set period_end = period_end + interval '1 day' where id = :invoice`],
    ],
    [
      'an issued invoice made a draft again',
      'invoices_follow_their_lifecycle',
      [`update invoices set status = 'DRAFT', finalized_at = null where id = :invoice`],
    ],
    [
      'a changed seller on an issued invoice',
      'issued_invoices_are_immutable',
      [`update invoices set seller = '{"name": "another"}' where id = :invoice`],
    ],
    [
      'an issued invoice without its seller',
      'ck_invoices_seller',
      [
        copyOfInvoice({ status: `'OPEN'` })
          .replace('updated_at)', 'updated_at, finalized_at)')
          .replace(' from invoices', ', now() from invoices'),
      ],
    ],
    ['a deleted invoice', 'invoices_are_never_deleted', [`delete from invoices where id = :invoice`]],
    [
      'a changed fee of an issued invoice',
      'issued_fees_are_immutable',
      [`update fees set amount_cents = amount_cents + 1 where invoice_id = :invoice`],
    ],
    ['a table of invoices emptied', 'invoices_are_never_emptied', ['truncate invoices cascade']],
    ['a table of fees emptied', 'fees_are_never_emptied', ['truncate fees cascade']],
    ['a table of taxes emptied', 'invoice_taxes_are_never_emptied', ['truncate invoice_taxes']],
    ['a table of spans emptied', 'invoice_subscriptions_are_never_emptied', ['truncate invoice_subscriptions']],
    ['a table of coverage emptied', 'billed_periods_are_never_emptied', ['truncate billed_periods']],
    ['a table of taken credit emptied', 'invoice_credits_are_never_emptied', ['truncate invoice_credits']],
    ['a table of payments emptied', 'invoice_payments_are_never_emptied', ['truncate invoice_payments']],
    ['a table of credit notes emptied', 'credit_notes_are_never_emptied', ['truncate credit_notes cascade']],
    ['a table of items emptied', 'credit_note_items_are_never_emptied', ['truncate credit_note_items']],
    ['a table of counters emptied', 'number_series_are_never_emptied', ['truncate number_series']],
    ['an outbox emptied', 'outbox_events_are_never_emptied', ['truncate outbox_events']],
    ['everything of all tenants emptied', 'invoices_are_never_emptied', ['truncate invoices, organizations cascade']],
    [
      'a changed tax of an issued invoice',
      'issued_invoice_taxes_are_immutable',
      ['update invoice_taxes set amount_cents = amount_cents + 1 where invoice_id = :invoice'],
    ],
    [
      'a deleted tax of an issued invoice',
      'issued_invoice_taxes_are_immutable',
      ['delete from invoice_taxes where invoice_id = :invoice'],
    ],
    [
      'a tax added to an issued invoice',
      'issued_invoice_taxes_are_immutable',
      [
        `insert into taxes values (:org, '00000000-0000-7000-8000-00000000000b', 'x', 'x', null, 5, false, now(), now())`,
        `insert into invoice_taxes select (jsonb_populate_record(t, '{"tax_code": "x", "tax_id": "00000000-0000-7000-8000-00000000000b"}')).* from invoice_taxes t where invoice_id = :invoice`,
      ],
    ],
    [
      'a tax of a draft moved to an issued invoice',
      'issued_invoice_taxes_are_immutable',
      [
        copyOfInvoice({ id: `'00000000-0000-7000-8000-000000000003'` }),
        `insert into taxes values (:org, '00000000-0000-7000-8000-00000000000b', 'x', 'x', null, 5, false, now(), now())`,
        `insert into invoice_taxes select (jsonb_populate_record(t, '{"tax_code": "x", "tax_id": "00000000-0000-7000-8000-00000000000b", "invoice_id": "00000000-0000-7000-8000-000000000003"}')).*
         from invoice_taxes t where invoice_id = :invoice`,
        `update invoice_taxes set invoice_id = :invoice where invoice_id = '00000000-0000-7000-8000-000000000003'`,
      ],
    ],
    [
      'deleted coverage of an issued invoice',
      'issued_coverage_stays',
      ['delete from billed_periods where invoice_id = :invoice'],
    ],
    [
      'coverage of an issued invoice made shorter',
      'issued_coverage_stays',
      [
        `update billed_periods set period = tstzrange(lower(period), upper(period) - interval '1 day') where invoice_id = :invoice`,
      ],
    ],
    [
      'a deleted span of an issued invoice',
      'issued_spans_stay',
      ['delete from invoice_subscriptions where invoice_id = :invoice'],
    ],
    [
      'a moved span of an issued invoice',
      'issued_spans_stay',
      [`update invoice_subscriptions set period_start = period_start - interval '1 day' where invoice_id = :invoice`],
    ],
    ['a deleted event of the outbox', 'outbox_is_append_only', ['delete from outbox_events where organization_id = :org']],
    [
      'a changed event of the outbox',
      'outbox_is_append_only',
      [`update outbox_events set payload = '{}' where organization_id = :org`],
    ],
    ['a deleted credit note', 'issued_credit_notes_are_immutable', ['delete from credit_notes where organization_id = :org']],
    [
      'a changed amount on an issued credit note',
      'issued_credit_notes_are_immutable',
      [
        'update credit_notes set taxes_amount_cents = 0, total_amount_cents = 100, credit_amount_cents = 100 where organization_id = :org',
      ],
    ],
    [
      'an issued credit note made a draft again',
      'issued_credit_notes_are_immutable',
      [`update credit_notes set status = 'DRAFT' where organization_id = :org`],
    ],
    [
      'a deleted item of an issued credit note',
      'issued_credit_note_items_are_immutable',
      ['delete from credit_note_items where organization_id = :org'],
    ],
    [
      'a changed item of an issued credit note',
      'issued_credit_note_items_are_immutable',
      ['update credit_note_items set precise_amount_cents = 1 where organization_id = :org'],
    ],
    [
      'an item added to an issued credit note',
      'issued_credit_note_items_are_immutable',
      [
        'insert into credit_note_items select organization_id, gen_random_uuid(), credit_note_id, fee_id, 1 from credit_note_items',
      ],
    ],
    [
      'deleted credit of an invoice that took it',
      'taken_credit_stays',
      ['delete from invoice_credits where organization_id = :org'],
    ],
    [
      'less credit than an invoice took',
      'taken_credit_stays',
      ['update invoice_credits set amount_cents = amount_cents - 1 where organization_id = :org'],
    ],
    [
      'a deleted payment',
      'payments_are_never_deleted',
      [
        `insert into invoice_payments (organization_id, id, invoice_id, provider, provider_payment_id, status, amount_cents, currency, refunded_cents, created_at, updated_at)
         select organization_id, gen_random_uuid(), id, 'STRIPE', 'inpay_1', 'PAID', 100, currency, 0, now(), now() from invoices where id = :invoice`,
        'delete from invoice_payments where organization_id = :org',
      ],
    ],
    ['a deleted counter', 'series_are_never_deleted', ['delete from number_series where organization_id = :org']],
    ['a deleted fee of an issued invoice', 'issued_fees_are_immutable', [`delete from fees where invoice_id = :invoice`]],
    [
      'a fee added to an issued invoice',
      'issued_fees_are_immutable',
      [
        `insert into fees select organization_id, gen_random_uuid(), invoice_id, billing_entity_id, currency, subscription_id, fee_type, item_id, name, 0, 0, 0, 0, 0, 0,
         period_start, period_end, derivation, created_at from fees where invoice_id = :invoice limit 1`,
      ],
    ],
    [
      'a fee in another currency than its invoice',
      'fees_share_seller_and_currency',
      [
        copyOfInvoice({ id: `'00000000-0000-7000-8000-000000000001'` }),
        `insert into fees select organization_id, gen_random_uuid(), '00000000-0000-7000-8000-000000000001', billing_entity_id, 'EUR', subscription_id, fee_type, item_id, name, 0, 0, 0, 0, 0, 0,
       period_start, period_end, derivation, created_at from fees where invoice_id = :invoice limit 1`,
      ],
    ],
    [
      'a draft that changes its currency',
      'fees_share_seller_and_currency',
      [
        copyOfInvoice({ id: `'00000000-0000-7000-8000-000000000001'` }),
        `update invoices set currency = 'EUR' where id = '00000000-0000-7000-8000-000000000001'`,
      ],
    ],
    [
      'a fee that changes its currency',
      'fees_share_seller_and_currency',
      [`update fees set currency = 'EUR' where invoice_id = :invoice`],
    ],
    [
      'fees of a draft that leave its header behind',
      'invoice_equals_its_fees',
      [
        copyOfInvoice({ id: `'00000000-0000-7000-8000-000000000002'` }),
        `insert into fees select organization_id, gen_random_uuid(), '00000000-0000-7000-8000-000000000002', billing_entity_id, currency, subscription_id, fee_type, item_id, name, 1, 0, 1, 100, 0, 0,
       period_start, period_end, derivation, created_at from fees where invoice_id = :invoice limit 1`,
      ],
    ],
    [
      'NaN as a quantity',
      'ck_fees_units',
      [
        `insert into fees select organization_id, gen_random_uuid(), invoice_id, billing_entity_id, currency, subscription_id, fee_type, item_id, name, 'NaN', 0, 0, 0, 0, 0,
       period_start, period_end, derivation, created_at from fees where invoice_id = :invoice limit 1`,
      ],
    ],
    ['NaN as usage', 'ck_usage_events_value', [`insert into usage_events values (1, 1, now(), 'NaN', null, 't', '{}', now())`]],
    [
      'an infinite usage value',
      'ck_usage_events_value',
      [`insert into usage_events values (1, 1, now(), 'Infinity', null, 't', '{}', now())`],
    ],
    ['NaN as a price', 'ck_charges_amount', [`update charges set properties = '{"amount": "NaN"}' where organization_id = :org`]],
    [
      'a negative price',
      'ck_fixed_charges_amount',
      [`update fixed_charges set properties = '{"amount": "-1"}' where organization_id = :org`],
    ],
    [
      'a tax above a hundred percent',
      'ck_taxes_rate',
      [`insert into taxes values (:org, gen_random_uuid(), 'x', 'x', null, 100.1, false, now(), now())`],
    ],
    [
      'an event counted twice',
      'pk_usage_events',
      [
        `insert into usage_events values (1, 1, now(), 1, null, 'twice', '{}', now())`,
        `insert into usage_events values (1, 1, now(), 1, null, 'twice', '{}', now())`,
      ],
    ],
    [
      'two live subscriptions with one external id',
      'uq_subscriptions_live_external_id',
      [`update subscriptions set external_id = 'other' where id = :subscription`],
    ],
    [
      'a period that ends before it starts',
      'ck_subscriptions_period',
      [`update subscriptions set current_period_end = current_period_start - interval '1 day' where id = :subscription`],
    ],
    [
      'an active subscription without a period',
      'ck_subscriptions_active_period',
      [`update subscriptions set current_period_end = null where id = :subscription`],
    ],
    [
      "a customer of another tenant on one's invoice",
      'fk_invoices_customer',
      [copyOfInvoice({ organization_id: ':stranger', subscription_id: 'null' })],
    ],
    [
      'a fixed charge in a plan of another tenant',
      'fk_fixed_charges_plan',
      [`update fixed_charges set organization_id = :stranger where organization_id = :org`],
    ],
    [
      'a second default billing entity',
      'uq_billing_entities_default',
      [
        `insert into billing_entities select (jsonb_populate_record(e, '{"id": "01a1feb0-0000-7000-8000-00000000000a", "code": "second",
         "document_number_prefix": "SECOND"}')).* from billing_entities e where organization_id = :org`,
      ],
    ],
    [
      'a virtual time for a live organization',
      'ck_organizations_virtual_now',
      [`update organizations set mode = 'LIVE' where id = :org`],
    ],
    ['a customer in no country', 'ck_customers_country', [`update customers set country = 'EL' where organization_id = :org`]],
    [
      'a seller in no country',
      'ck_billing_entities_country',
      [`update billing_entities set country = 'UK' where organization_id = :org`],
    ],
    [
      'a run whose counts do not add up',
      'ck_billing_runs_counts',
      [`update billing_runs set successful = successful + 1 where organization_id = :org`],
    ],
  ] as [string, string, string[]][])('refuses %s (%s)', async (_, constraint, statements) => {
    expect(await refusedBy(...statements)).toBe(constraint);
  });

  it('knows the countries that a request may name, and no other', async () => {
    const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
    const codes = letters.flatMap((first) => letters.map((second) => first + second));
    const { rows } = await florin.sql.query<{ code: string }>('select code from unnest($1::text[]) code where is_country(code)', [
      codes,
    ]);
    expect(rows.map(({ code }) => code)).toEqual(codes.filter((code) => isISO31661Alpha2(code)));
  });

  it('lets no table that guards its rows be emptied', async () => {
    const { rows } = await florin.sql.query(`
      select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
        and exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
        and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 32 = 32)`);
    expect(rows).toEqual([]);
  });

  it('lets payment and notes through on an issued invoice', async () => {
    expect(await refusedBy(`update invoices set metadata = '{"seen": true}' where id = :invoice`)).toBeUndefined();
  });

  it('gives a voided period free and no other', async () => {
    const [second] = await invoicesOf(tenant.call, 'other');
    const { body } = await tenant.call('POST', `/api/v1/invoices/${second.lago_id}/void`);
    expect(body.invoice).toMatchObject({ status: 'voided', number: second.number });
    const { rows } = await florin.sql.query('select distinct voided from billed_periods where invoice_id = $1', [second.lago_id]);
    expect(rows).toEqual([{ voided: true }]);
  });
});
