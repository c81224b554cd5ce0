import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configKeys } from '../../src/platform/config/config.ts';

const billing = 'scenarios/billing-disabled.spec.ts';
const doors = 'platform/doors.spec.ts';
const generator = 'modules/billing/generator.spec.ts';
const limits = 'http/platform/rate-limits.spec.ts';
const provider = 'integrations/stripe-provider.spec.ts';
const standIn = 'scenarios/stripe-stand-in.spec.ts';
const mails = 'http/invoices/email.spec.ts';

/** Which tests show, at every door that it concerns, that a setting does what `.env.example` says. */
const shownBy: Readonly<Record<(typeof configKeys)[number], readonly (readonly [file: string, title: string])[]>> = {
  PORT: [[doors, 'one sentence: the port is taken']],
  HOST: [[doors, 'main listens on HOST only']],
  DATABASE_URL: [[doors, 'opens one organization when two processes bootstrap the same empty database']],
  FLORIN_DATA_DIR: [[doors, 'main runs on a database of its own']],
  FLORIN_LOG_DIR: [[generator, 'writes what operators read']],
  FLORIN_BOOTSTRAP_API_KEY: [[doors, 'main runs on a database of its own']],
  FLORIN_ADMIN_API_KEY: [['http/organizations/organizations.spec.ts', 'are renamed and flagged by the operator']],
  BILLING_ENABLED: [
    [billing, 'invoices nothing on schedule'],
    [billing, 'invoices nothing on the way of a test clock'],
    [billing, 'charges no event at once'],
    [billing, 'upgrades no resource'],
    ['http/payments/checkout.spec.ts', 'where nothing is billed there is nothing to pay'],
  ],
  LOG_LEVEL: [[doors, 'says no more than LOG_LEVEL allows']],
  FLORIN_BILLING_WORKERS: [[generator, 'bills with as many transactions at once']],
  STRIPE_SECRET_KEY: [
    [standIn, 'with a key: not even loaded'],
    [standIn, 'without a key: the simulator'],
  ],
  STRIPE_WEBHOOK_SECRET: [['http/webhooks/inbox.spec.ts', 'takes every secret of a rotation']],
  STRIPE_API_BASE: [[provider, 'lists invoices']],
  STRIPE_SIMULATOR_PORT: [[standIn, 'two of one database share it']],
  STRIPE_SIMULATOR_SERVES: [['http/payments/selling.spec.ts', 'sells to test organizations only']],
  STRIPE_TIMEOUT_SECONDS: [[provider, 'too slow: the request is given up']],
  FLORIN_BILLING_PAGE_URL: [['http/payments/payment-methods.spec.ts', 'is led back to FLORIN_BILLING_PAGE_URL']],
  FLORIN_RATE_LIMITS: [[limits, 'every answer of a route says where its caller stands']],
  FLORIN_TRUSTED_PROXIES: [[limits, 'refused keys are counted by address, as the trusted proxy says it']],
  FLORIN_SESSION_SECRET: [['http/customer-pages/sessions.spec.ts', 'are signed by a secret of ones own']],
  FLORIN_WEBHOOKS_ALLOW_PRIVATE: [
    ['platform/outbound.spec.ts', 'do not reach a name that means our own host'],
    ['platform/outbound.spec.ts', 'are not redirected'],
  ],
  SMTP_URL: [[mails, 'are sent when the finalizer opens them']],
  MAIL_FROM: [[mails, 'come from MAIL_FROM']],
};

const test = join(__dirname, '..');
const read = (file: string) => readFileSync(join(test, file), 'utf8');
/** What sets settings for others. */
const harness = readdirSync(join(test, 'support'))
  .map((file) => read(`support/${file}`))
  .join('\n');

describe('settings', () => {
  it('each have a test that shows their effect', () => {
    expect(Object.keys(shownBy).toSorted()).toEqual(configKeys.toSorted());
    for (const [key, tests] of Object.entries(shownBy))
      for (const [file, title] of tests) {
        const text = read(file);
        const isThere = [...text.matchAll(/^ +it(?:\.each\(.*\))?\((['"])(.*)\1, /gm)].some(([, , found]) =>
          found?.includes(title),
        );
        expect([key, file, title, isThere]).toEqual([key, file, title, true]);
        expect([key, file, (text + harness).includes(key)]).toEqual([key, file, true]);
      }
  });
});
