import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { startProcess } from '../../support/processes.ts';
import { advance, make, stockShop, subscribe, use } from '../../support/shop.ts';
import { CheckInvariants } from '../../../src/modules/billing/index.ts';

/** Of each subscription, waiting for two hours. */
const attempt = `insert into provisioning_attempts (organization_id, id, subscription_id, status, look_at, deadline_at, refunds, created_at)
  select organization_id, gen_random_uuid(), id, 'REQUESTED', now() - interval '2 hours', now(), false, now() from subscriptions;`;

/** Each subscription is sold by Stripe, by the wall clock. */
const managed = `update organizations set virtual_now = null;
  update subscriptions set payment_provider = 'STRIPE', updated_at = now() - interval '2 hours';
  insert into provider_subscriptions (organization_id, subscription_id, provider, provider_subscription_id, created_at, updated_at)
    select organization_id, id, 'STRIPE', 'sub_1', now(), now() from subscriptions;`;

/**
 * Violations that only a broken database could hold: planted with triggers and foreign keys off, in a transaction that is
 * rolled back. Keys, checks and exclusion hold even so; those rules are broken by dropping them inside the same transaction.
 */
const plants: Record<string, string> = {
  period_billed_once: `alter table billed_periods drop constraint ex_billed_periods_once;
    insert into billed_periods select organization_id, subscription_id, item_id, tstzrange(lower(period), upper(period) - interval '1 day'), invoice_id, false from billed_periods limit 1`,
  usage_is_never_negative: `alter table fees drop constraint ck_fees_usage_amount; update fees set amount_cents = -1 where fee_type = 'charge'`,
  nothing_waits_in_vain: `insert into instant_charges (organization_id, stream_id, metric_key, transaction_id, occurred_at)
      select u.organization_id, e.stream_id, e.metric_key, e.transaction_id, '2001-01-01' from usage_events e join usage_streams u on u.id = e.stream_id limit 1;
    update usage_events set received_at = '2001-01-01'`,
  periods_touch: `update invoice_subscriptions set period_start = period_start + interval '1 day' where period_start = '2026-02-01'`,
  billed_until_current_period: `update subscriptions set current_period_start = current_period_start + interval '1 day'`,
  fees_share_seller_and_currency: `update fees set currency = 'EUR' where id = (select min(id::text)::uuid from fees)`,
  credit_is_accounted_for: `update credit_notes set balance_amount_cents = balance_amount_cents - 1`,
  credit_stays_with_its_seller: `insert into invoice_credits (organization_id, created_at, invoice_id, credit_note_id, amount_cents)
    select n.organization_id, now(), i.id, n.id, 1 from credit_notes n join invoices i on i.id <> n.invoice_id limit 1;
    update credit_notes set billing_entity_id = gen_random_uuid()`,
  credit_within_invoice: `alter table credit_notes drop constraint ck_credit_notes_total; update credit_notes set total_amount_cents = 99999999`,
  pauses_are_free: `insert into subscription_pauses select b.organization_id, b.subscription_id, lower(b.period), upper(b.period)
    from billed_periods b join charges c on c.id = b.item_id limit 1`,
  invoice_equals_its_fees: `update fees set amount_cents = amount_cents + 1 where id = (select min(id::text)::uuid from fees)`,
  total_adds_up: `alter table invoices drop constraint ck_invoices_total; update invoices set total_cents = total_cents + 1 where sequential_id = 1`,
  taxes_add_up: `alter table invoices drop constraint ck_invoices_total; update invoices set taxes_amount_cents = taxes_amount_cents + 5 where sequential_id = 1`,
  taxes_have_a_basis: `alter table invoice_taxes drop constraint ck_invoice_taxes_basis; update invoice_taxes set tax_id = null`,
  sellers_by_address_have_one: `alter table billing_entities drop constraint ck_billing_entities_tax_by_address;
    update billing_entities set tax_by_address = true, country = null`,
  numbers_are_gapless: `update number_series set last_number = last_number + 1`,
  every_invoice_has_a_series: `update invoices set series = 'lost' where sequential_id = 1`,
  one_seller_and_currency: `update fees set currency = 'EUR' where id = (select min(id::text)::uuid from fees)`,
  one_customer: `update subscriptions set customer_id = gen_random_uuid()`,
  fees_are_covered: `delete from billed_periods where item_id = (select min(item_id::text)::uuid from billed_periods)`,
  void_frees_its_periods: `update billed_periods set voided = true where item_id = (select min(item_id::text)::uuid from billed_periods)`,
  usage_is_not_lost: `update usage_events set stream_id = -1`,
  every_invoice_was_told: `delete from outbox_events where type = 'invoice.finalized'`,
  runs_add_up: `delete from invoices where sequential_id = 1`,
  one_default_seller: `update billing_entities set is_default = false`,
  nothing_hangs: `update billing_runs set status = 'RUNNING', heartbeat_at = now() - interval '2 hours'`,
  late_usage_is_billed: `update organizations set mode = 'LIVE', virtual_now = null; update usage_events set received_at = '2001-01-01';
    update invoices set finalized_at = now() where finalized_at is not null; update fees set events_count = 0`,
  drafts_are_issued: `update organizations set mode = 'LIVE', virtual_now = null;
    alter table invoices drop constraint ck_invoices_lifecycle; update invoices set status = 'DRAFT', scheduled_finalize_at = now() - interval '2 hours'`,
  captured_is_managed: `update subscriptions set payment_provider = 'STRIPE'`,
  managed_is_linked: `update subscriptions set payment_provider = 'STRIPE'`,
  refunds_agree: `insert into invoice_payments (organization_id, id, invoice_id, provider, provider_payment_id, status, amount_cents, currency, refunded_cents, created_at, updated_at)
    select organization_id, gen_random_uuid(), id, 'STRIPE', 'inpay_1', 'PAID', 100, 'USD', 50, now(), now() from invoices where sequential_id = 1`,
  captured_due_agrees: `update invoices set source = 'STRIPE', provider_invoice_id = 'in_1', status = 'OPEN', finalized_at = now() where sequential_id = 1;
    insert into provider_objects (provider, object_type, object_id, rank, occurred_at, state, updated_at)
    select 'STRIPE', 'invoice', 'in_1', 1, now(), jsonb_build_object('status', 'open', 'total', total_cents::text, 'amountRemaining', (total_cents - 5000)::text), now()
    from invoices where sequential_id = 1`,
  payment_told_once: `update invoices set source = 'STRIPE', provider_invoice_id = 'in_1', status = 'PAID', paid_at = now(), finalized_at = now(), payment_method = 'stripe'
    where sequential_id = 1`,
  checkouts_are_closed: `update organizations set virtual_now = null;
    insert into provider_subscriptions (organization_id, subscription_id, provider, provider_subscription_id, closes, created_at, updated_at)
    select organization_id, id, 'STRIPE', 'sub_1', 'PURCHASE', now(), now() - interval '2 hours' from subscriptions`,
  ended_here_ended_there: `${managed} update subscriptions set status = 'TERMINATED', terminated_at = now()`,
  ended_there_ended_here: `${managed} update provider_subscriptions set provider_status = 'canceled'`,
  paid_here_paid_there: `update organizations set virtual_now = null;
    update invoices set source = 'STRIPE', provider_invoice_id = 'in_1', status = 'PAID', paid_at = now(), finalized_at = now(), updated_at = now() - interval '2 hours'
      where sequential_id = 1;
    insert into provider_objects (provider, object_type, object_id, rank, occurred_at, state, updated_at)
    values ('STRIPE', 'invoice', 'in_1', 1, now(), '{"status": "open"}', now())`,
  plan_changes_are_settled: `${managed}
    update provider_subscriptions p set changes_to_plan_id = s.plan_id, changes_asked_at = now() - interval '2 hours' from subscriptions s where s.id = p.subscription_id`,
  purchases_are_settled: `insert into purchases (organization_id, id, customer_id, fingerprint, provider_customer_id, locked_until)
    select organization_id, gen_random_uuid(), id, '', 'cus_1', now() - interval '2 hours' from customers`,
  inbox_is_worked_off: `insert into inbound_events (id, provider, account, livemode, event_id, type, occurred_at, object_type, object_id, lane, body, fingerprint, status, next_attempt_at)
    values (gen_random_uuid(), 'STRIPE', '', false, 'evt_1', 'a.b', now(), 'invoice', 'in_1', 'cus_1', '', '', 'RECEIVED', now() - interval '2 hours')`,
  provisioned_once: `drop index uq_provisioning_attempts_one; ${attempt} ${attempt}`,
  provisioning_is_attempted: `update subscriptions set status = 'PROVISIONING'`,
  operation_says_the_same: `${attempt} insert into operations (organization_id, id, type, status, created_at, heartbeat_at, finished_at)
    select organization_id, id, 'provisioning', 'COMPLETED', now(), now(), now() from provisioning_attempts`,
  failure_settled_once: `drop index uq_provisioning_attempts_one; drop index uq_provisioning_attempts_settled; ${attempt} ${attempt}
    update provisioning_attempts set status = 'FAILED', failure_type = 'x', failure_reason = 'x', settlement = 'DUE', finished_at = now()`,
  provisioning_is_worked_off: attempt,
  started_ones_are_terminated: `update subscriptions set status = 'CANCELED'`,
  pauses_are_kept: `update subscriptions set status = 'PAUSED'`,
};

describe('florin doctor', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    await stockShop(tenant.call);
    await tenant.call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: '19', applied_to_organization: true } });
    await subscribe(tenant.call, 'sub');
    await use(tenant.call, 'sub', 'tokens', { count: 5 }, '2026-01-05T00:00:00Z');
    await advance(tenant.call, '2026-03-01T02:00:00Z');
    const { lago_id: invoiceId } = (await tenant.call('GET', '/api/v1/invoices')).body.invoices[0];
    const [{ lago_id: feeId }] = (await tenant.call('GET', `/api/v1/invoices/${invoiceId}`)).body.invoice.fees;
    const note = { invoice_id: invoiceId, items: [{ fee_id: feeId, amount_cents: 100 }] };
    await make(tenant.call, '/api/v1/credit_notes', 'credit_note', note);
  });
  afterAll(() => florin.stop());

  const doctor = async (): Promise<{ code: number | string; output: string }> => {
    const process = startProcess('src/cli.ts', ['doctor'], { DATABASE_URL: florin.databaseUrl, LOG_LEVEL: 'error' });
    const code = await process.exit;
    return { code, output: process.output().stdout };
  };

  it('is silent and succeeds on a sound database', async () => {
    expect(await doctor()).toEqual({ code: 0, output: '' });
  });

  it('knows a violation of each of its rules', async () => {
    const rules = florin.app.get(CheckInvariants).rules();
    expect(rules.map((rule) => rule.name).toSorted()).toEqual(Object.keys(plants).toSorted());
    const unseen: string[] = [];
    for (const { name, offenders } of rules) {
      const client = await florin.sql.connect();
      try {
        await client.query('begin');
        await client.query('set local session_replication_role = replica');
        await client.query(plants[name] ?? '');
        const { rowCount } = await client.query(offenders);
        if (!rowCount) unseen.push(name);
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
    expect(unseen).toEqual([]);
  });

  it('exits with 1 and names the rule and the offender', async () => {
    await florin.sql.query('update number_series set last_number = 7');
    const { code, output } = await doctor();
    expect(code).toBe(1);
    expect(output).toMatch(/^numbers_are_gapless: it should hold that every series counts .*counter 7, invoices 2\n$/);
    const { body } = await florin.operator('GET', '/admin/v1/doctor');
    expect(body.doctor).toMatchObject({
      healthy: false,
      invariants_checked: Object.keys(plants).length,
      violations: [
        { invariant: 'numbers_are_gapless', holds: expect.any(String), offenders: [expect.stringContaining('counter 7')] },
      ],
    });
    await florin.sql.query('update number_series set last_number = 2');
    expect((await florin.operator('GET', '/admin/v1/doctor')).body.doctor).toMatchObject({ healthy: true, violations: [] });
  });
});
