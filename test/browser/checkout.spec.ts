import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { WorkOffProvisioning } from '../../src/modules/provisioning/index.ts';
import { openBrowser } from '../support/browser.ts';
import { expectHealthy } from '../support/doctor.ts';
import { until } from '../support/processes.ts';
import { make } from '../support/shop.ts';
import { customerOf, openStripeShop, order, type StripeShop } from '../support/stripe-shop.ts';
import { workOff } from '../support/stripe.ts';
import { openVendor, type Vendor } from '../support/vendor.ts';
import { openVendorPage, type VendorPage } from '../support/vendor-page.ts';

/** What a buyer sees, in a real browser: Stripe's hosted page, the bank's, and the vendor's own page that follows the work. */
describe('buying in a browser', () => {
  let shop: StripeShop;
  let vendor: Vendor;
  let page: VendorPage;
  let opened: Awaited<ReturnType<typeof openBrowser>>;
  let browser: Browser;
  let token = '';
  const stopping = new AbortController();
  let working: Promise<void>;

  /** The jobs of a running Florin. */
  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      await workOff(shop.florin);
      await shop.florin.app.get(WorkOffProvisioning, { strict: false }).execute();
      await pause(50, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  beforeAll(async () => {
    shop = await openStripeShop({ FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true' });
    vendor = await openVendor();
    page = await openVendorPage(shop.florin, shop.tenant, () => token);
    const provisioner = { resource_type: 'graph', kind: 'http', url: vendor.url, deadline_seconds: 60 };
    await make(shop.tenant.call, '/api/v1/provisioners', 'provisioner', provisioner);
    opened = await openBrowser();
    ({ browser } = opened);
    working = work();
  });
  afterAll(async () => {
    stopping.abort();
    await working;
    await opened.stop();
    await expectHealthy(shop.florin);
    await page.stop();
    await vendor.stop();
    await shop.stop();
  });

  /** The hosted page, opened for a new customer. */
  async function openCheckout(name: string): Promise<Page> {
    await customerOf(shop, name);
    const session = { role: 'owner', subject: name, return_url: page.url };
    token = (await shop.tenant.call('POST', `/api/v1/customers/${name}/sessions`, { session })).body.token;
    const { body } = await shop.florin.as(token)('POST', '/api/v1/billing/checkout', order);
    const tab = await browser.newPage();
    await tab.goto(body.checkout_url);
    return tab;
  }

  async function pay(tab: Page, card: string): Promise<void> {
    await tab.fill('#cardNumber', card);
    await tab.click('.SubmitButton');
  }

  /** The vendor's service makes what it was asked for last, and the buyer sees it. */
  async function watchItBeMade(tab: Page, resourceId: string, before: number): Promise<void> {
    await tab.waitForURL(`${page.url}?session_id=cs_*`);
    await until('the vendor to be asked', () => vendor.requests.length > before);
    const operation = vendor.requests.at(-1)?.body.data.operation_id as string;
    const say = (what: string, body: object) => shop.tenant.call('POST', `/api/v1/provisioning/${operation}/${what}`, body);
    await say('progress', { message: 'Creating', progress_percent: 30 });
    await say('complete', { resource_id: resourceId, result: {} });
    await tab.waitForFunction(`[...document.querySelectorAll('#heard li')].some((li) => li.textContent === 'stream_end')`);
    expect(await tab.locator('#heard li').allTextContents()).toEqual([
      'connected',
      'operation_started',
      'operation_progress',
      'operation_completed',
      'stream_end',
    ]);
    expect([await tab.textContent('#state'), await tab.textContent('#resource')]).toEqual(['active', resourceId]);
    await tab.close();
  }

  it('a good card pays, and the page follows the work until the resource is active', async () => {
    const before = vendor.requests.length;
    const tab = await openCheckout('ada');
    expect(await tab.textContent('#total')).toBe('$49.00');
    await pay(tab, '4242 4242 4242 4242');
    await watchItBeMade(tab, 'graph-of-ada', before);
  });

  it('a declined card is told on the page, and nothing is made; the next one pays', async () => {
    const before = vendor.requests.length;
    const tab = await openCheckout('bob');
    await pay(tab, '4000 0000 0000 0002');
    expect(await tab.textContent('[role=alert]')).toBe('Your card was declined.');
    expect(vendor.requests).toHaveLength(before);
    await pay(tab, '4242 4242 4242 4242');
    await watchItBeMade(tab, 'graph-of-bob', before);
  });

  it('3-D Secure: failed at the bank nothing is paid; passed it is', async () => {
    const before = vendor.requests.length;
    const tab = await openCheckout('eve');
    await pay(tab, '4000 0025 0000 3155');
    await tab.click('#test-source-fail-3ds');
    expect(await tab.textContent('[role=alert]')).toContain('unable to authenticate');
    expect(vendor.requests).toHaveLength(before);
    await pay(tab, '4000 0025 0000 3155');
    await tab.click('#test-source-authorize-3ds');
    await watchItBeMade(tab, 'graph-of-eve', before);
  });
});
