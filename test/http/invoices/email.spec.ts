import { FinalizeInvoices } from '../../../src/modules/billing/finalize-invoices.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { type MailServer, startMailServer } from '../../support/mail-server.ts';
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
