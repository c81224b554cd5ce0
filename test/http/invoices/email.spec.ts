import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FinalizeInvoices } from '../../../src/modules/billing/finalize-invoices.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { type MailServer, startMailServer } from '../../support/mail-server.ts';
import { until } from '../../support/processes.ts';
import { make, stockShop, subscribe } from '../../support/shop.ts';

describe('invoices by e-mail', () => {
  let florin: Florin;
  let tenant: Tenant;
  let server: MailServer | undefined;
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
    await server?.stop();
    server = undefined;
  });

  /** A draft of a live organization, due to be finalized. */
  async function draftWith(environment: Record<string, string>): Promise<string> {
    florin = await startFlorin(environment);
    tenant = await florin.openOrganization();
    const { call } = tenant;
    await stockShop(call);
    await subscribe(call, 'sub');
    await make(call, '/api/v1/customers', 'customer', { external_id: 'customer of sub', email: 'ap@acme.example' });
    await florin.sql.query(
      `update subscriptions set current_period_start = now() - interval '1 month', current_period_end = now(), billing_time = 'anniversary',
         subscription_at = now() - interval '1 month', started_at = now() - interval '1 month'`,
    );
    await call('POST', '/api/v1/billing_runs');
    await florin.sql.query('update invoices set scheduled_finalize_at = now()');
    const { body } = await call('GET', '/api/v1/invoices');
    expect(body.invoices).toMatchObject([{ status: 'draft' }]);
    return body.invoices[0].lago_id as string;
  }
  const stateOf = async (id: string) => (await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice.state as string;

  it('are sent when the finalizer opens them', async () => {
    server = await startMailServer();
    const id = await draftWith({ SMTP_URL: server.url });
    await florin.app.get(FinalizeInvoices).forAll();
    expect(await stateOf(id)).toBe('open');
    expect(server.taken).toHaveLength(1);
    expect(server.taken[0]).toMatch(/^To: ap@acme\.example$/m);
    expect(server.taken[0]).toMatch(/^Subject: Invoice INV-\d{4}-0001 from Acme$/m);
    expect(server.taken[0]).toMatch(/is over \d+\.\d\d USD, due on/);
  });

  it('come from MAIL_FROM', async () => {
    server = await startMailServer();
    await draftWith({ SMTP_URL: server.url, MAIL_FROM: 'Acme Billing <bills@acme.example>' });
    await florin.app.get(FinalizeInvoices).forAll();
    expect(server.taken[0]).toMatch(/^From: Acme Billing <bills@acme\.example>$/m);
  });

  it('that the server refuses are opened all the same, and the refusal is told (H3)', async () => {
    server = await startMailServer({ refuses: true });
    const id = await draftWith({ SMTP_URL: server.url });
    await florin.app.get(FinalizeInvoices).forAll();
    expect(await stateOf(id)).toBe('open');
    const { status, body } = await tenant.call('POST', `/api/v1/invoices/${id}/send-email`);
    expect([status, body]).toEqual([
      200,
      { success: false, message: 'The mail server did not take the message; the log says why.', payment_link: null },
    ]);
  });

  /** `count` drafts that are due, each of a customer with a mailbox of its own, the dead ones first. */
  async function draftsOf(mailboxes: readonly string[], environment: Record<string, string>): Promise<void> {
    florin = await startFlorin(environment);
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    for (const [i, email] of mailboxes.entries()) {
      await subscribe(tenant.call, `sub ${i}`);
      await make(tenant.call, '/api/v1/customers', 'customer', { external_id: `customer of sub ${i}`, email });
    }
    await florin.sql.query(
      `update subscriptions set current_period_start = now() - interval '1 month', current_period_end = now(), billing_time = 'anniversary',
         subscription_at = now() - interval '1 month', started_at = now() - interval '1 month'`,
    );
    await tenant.call('POST', '/api/v1/billing_runs');
    await florin.sql.query('update invoices set scheduled_finalize_at = now()');
  }
  const mailboxesOf = (names: readonly string[]) => names.map((name) => `${name}@acme.example`);
  const takenBy = (mails: readonly string[]) => mails.map((mail) => /^To: (.*)$/m.exec(mail)?.[1]).toSorted();
  const attention = async () =>
    (await tenant.call('GET', '/api/v1/needs_attention')).body.needs_attention as { code: string; message: string }[];
  const nextTry = () => florin.sql.query(`update needs_attention set next_attempt_at = now() - interval '1 second'`);

  it('that some mailboxes refuse are sent to all others; the refused ones are listed, told, logged and tried again', async () => {
    const dead = mailboxesOf(['dead1', 'dead2', 'dead3', 'dead4']);
    const good = mailboxesOf(['good1', 'good2', 'good3', 'good4']);
    server = await startMailServer({ refuses: /dead/ });
    await draftsOf([...dead, ...good], { SMTP_URL: server.url });
    await florin.app.get(FinalizeInvoices).forAll();
    expect(takenBy(server.taken)).toEqual(good);
    const listed = await attention();
    expect(listed).toHaveLength(4);
    for (const entry of listed)
      expect(entry).toMatchObject({
        job: 'invoice_mail',
        object_type: 'invoice',
        external_id: expect.stringMatching(/^INV-/),
        code: 'mail_refused',
        field: 'email',
        message: expect.stringContaining('550 nobody here'),
        attempts: 1,
      });
    const { rows } = await florin.sql.query(
      `select payload ->> 'code' as code from outbox_events where type = 'invoice.not_sent'`,
    );
    expect(rows).toEqual(Array.from({ length: 4 }, () => ({ code: 'mail_refused' })));
    const log = () => readFileSync(join(florin.logDir, 'workers/invoice_finalizer.log'), 'utf8');
    await until(
      'the log says which',
      () => log().match(/❌ Not sent INV-/g)?.length === 4 && /🏁 Finalized 8 invoices/.test(log()),
    );

    // Not before its time.
    await florin.app.get(FinalizeInvoices).forAll();
    expect(await attention()).toMatchObject([{ attempts: 1 }, { attempts: 1 }, { attempts: 1 }, { attempts: 1 }]);
    await tenant.call('PUT', '/api/v1/customers/customer of sub 0', { customer: { email: 'alive@acme.example' } });
    await nextTry();
    await florin.app.get(FinalizeInvoices).forAll();
    expect(takenBy(server.taken)).toEqual(['alive@acme.example', ...good]);
    expect(await attention()).toMatchObject([{ attempts: 2 }, { attempts: 2 }, { attempts: 2 }]);

    // By hand it is off the list; what is voided needs no mail any more.
    await tenant.call('PUT', '/api/v1/customers/customer of sub 1', { customer: { email: 'alive@acme.example' } });
    const invoices = (await tenant.call('GET', '/api/v1/invoices')).body.invoices as {
      lago_id: string;
      customer: { email: string };
    }[];
    const [byHand] = invoices.filter(({ customer }) => customer.email === 'alive@acme.example').slice(-1);
    await tenant.call('POST', `/api/v1/invoices/${byHand?.lago_id}/send-email`);
    for (const { lago_id: id, customer } of invoices)
      if (customer.email === 'dead3@acme.example') await tenant.call('POST', `/api/v1/invoices/${id}/void`);
    await nextTry();
    await florin.app.get(FinalizeInvoices).forAll();
    expect((await attention()).length).toBeLessThanOrEqual(2);

    // In the end a dead mailbox is left alone, and stays on the list.
    await florin.sql.query('update needs_attention set attempts = 6');
    await nextTry();
    await florin.app.get(FinalizeInvoices).forAll();
    expect((await attention()).every((entry) => (entry as unknown as { attempts: number }).attempts === 6)).toBe(true);
  });

  it('find the server away: it is asked three times, all are listed, and all are sent when it is back', async () => {
    const spare = await startMailServer();
    const port = Number(new URL(spare.url).port);
    await spare.stop();
    await draftsOf(mailboxesOf(['a', 'b', 'c', 'd', 'e']), { SMTP_URL: spare.url });
    await florin.app.get(FinalizeInvoices).forAll();
    expect((await attention()).map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'mail_server_away'));
    server = await startMailServer({ port });
    await nextTry();
    await florin.app.get(FinalizeInvoices).forAll();
    expect(takenBy(server.taken)).toEqual(mailboxesOf(['a', 'b', 'c', 'd', 'e']));
    expect(await attention()).toEqual([]);
  });

  it('that a mailbox does not want just now are tried again, too', async () => {
    server = await startMailServer({ refuses: true, reply: '450 come again' });
    await draftsOf(mailboxesOf(['busy']), { SMTP_URL: server.url });
    await florin.app.get(FinalizeInvoices).forAll();
    expect(await attention()).toMatchObject([{ code: 'mail_refused', message: expect.stringContaining('450 come again') }]);
  });

  it('are not sent where their billing entity sends none by itself; by hand they are', async () => {
    server = await startMailServer();
    const id = await draftWith({ SMTP_URL: server.url });
    const { body } = await tenant.call('PUT', '/api/v1/billing_entities/default', { email_settings: [] });
    expect(body.billing_entity.email_settings).toEqual([]);
    await florin.app.get(FinalizeInvoices).forAll();
    expect([await stateOf(id), server.taken]).toEqual(['open', []]);
    await tenant.call('POST', `/api/v1/invoices/${id}/send-email`);
    expect(server.taken).toHaveLength(1);
  });

  it('asked for without a mail server: says so, and the draft is open (H4)', async () => {
    const id = await draftWith({});
    const { body } = await tenant.call('POST', `/api/v1/invoices/${id}/send-email`);
    expect(body).toEqual({ success: false, message: 'No mail server is configured: set SMTP_URL.', payment_link: null });
    expect(await stateOf(id)).toBe('open');
    await tenant.call('POST', `/api/v1/invoices/${id}/void`);
    expect((await tenant.call('POST', `/api/v1/invoices/${id}/send-email`)).body).toMatchObject({
      status: 405,
      code: 'not_sendable',
    });
  });

  it('are asked for by hand as often as one likes', async () => {
    server = await startMailServer();
    const id = await draftWith({ SMTP_URL: server.url });
    for (const _ of [1, 2])
      expect((await tenant.call('POST', `/api/v1/invoices/${id}/send-email`)).body).toMatchObject({ success: true });
    expect(server.taken).toHaveLength(2);
  });
});
