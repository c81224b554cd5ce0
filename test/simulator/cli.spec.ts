import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStripe, type SimulatedStripe } from '../support/simulated-stripe.ts';

const run = promisify(execFile);

/** What the official CLI can cause; each script is Stripe's own and knows nothing of the simulator. */
const events = [
  'billing_portal.configuration.created',
  'charge.captured',
  'charge.dispute.closed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.failed',
  'charge.refund.updated',
  'charge.refunded',
  'charge.succeeded',
  'checkout.session.completed',
  'checkout.session.expired',
  'coupon.created',
  'credit_note.created',
  'credit_note.voided',
  'customer.created',
  'customer.deleted',
  'customer.subscription.created',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.trial_will_end',
  'customer.subscription.updated',
  'customer.updated',
  'invoice.created',
  'invoice.deleted',
  'invoice.finalized',
  'invoice.marked_uncollectible',
  'invoice.paid',
  'invoice.payment_action_required',
  'invoice.payment_failed',
  'invoice.payment_succeeded',
  'invoice.sent',
  'invoice.updated',
  'invoice.voided',
  'invoiceitem.created',
  'payment_intent.amount_capturable_updated',
  'payment_intent.canceled',
  'payment_intent.created',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.succeeded',
  'payment_method.attached',
  'payment_method.detached',
  'payment_method.updated',
  'price.created',
  'product.created',
  'product.updated',
  'promotion_code.created',
  'setup_intent.canceled',
  'setup_intent.created',
  'setup_intent.requires_action',
  'setup_intent.setup_failed',
  'setup_intent.succeeded',
  'tax_rate.created',
] as const;

describe('the official Stripe CLI', () => {
  let sim: SimulatedStripe;
  let home: string;
  beforeAll(async () => {
    sim = await openStripe();
    home = mkdtempSync(join(tmpdir(), 'florin-stripe-cli-'));
  });
  afterAll(async () => {
    await sim.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const program = join(__dirname, '../../node_modules/@stripe/cli-linux-x64/bin/stripe');
  const trigger = async (event: string): Promise<string> => {
    const words = ['trigger', event, '--api-base', sim.simulator.url, '--api-key', 'sk_test_simulator'];
    const { stdout, stderr } = await run(program, words, { env: { HOME: home, PATH: process.env['PATH'] ?? '' } }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };

  // The package is pinned for the platform of CI; the mirror of others is not complete.
  const known = process.platform === 'linux' && process.arch === 'x64' ? events : [];
  it('triggers every event it knows of billing', async () => {
    const failed: string[] = [];
    const waiting = [...known];
    const work = async (): Promise<void> => {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        const said = await trigger(event);
        if (!said.includes('Trigger succeeded')) failed.push(`${event}: ${said.split('\n').findLast((line) => line !== '')}`);
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(failed).toEqual([]);
    const happened = new Set<string>();
    for await (const { type } of sim.stripe.events.list({ limit: 100 })) happened.add(type);
    expect(known.filter((event) => !happened.has(event))).toEqual([]);
  });
});
