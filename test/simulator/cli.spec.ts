import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { handlerByType } from '../../src/integrations/stripe/handlers.ts';
import { openStripe, type SimulatedStripe } from '../support/simulated-stripe.ts';

const run = promisify(execFile);

/** Of billing too, though Florin has no use for them. */
const others = [
  'billing_portal.configuration.created',
  'coupon.created',
  'invoiceitem.created',
  'payment_intent.amount_capturable_updated',
  'price.created',
  'product.created',
  'product.updated',
  'promotion_code.created',
  'setup_intent.canceled',
  'setup_intent.created',
  'setup_intent.requires_action',
  'tax_rate.created',
];

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
  const isHere = process.platform === 'linux' && process.arch === 'x64';
  /** Its own list; each script is Stripe's and knows nothing of the simulator. */
  const supported = async (): Promise<string[]> =>
    isHere
      ? [...(await run(program, ['trigger', '--help'])).stdout.matchAll(/^ {2}([a-z_]+(?:\.[a-z_]+)+)$/gm)].map(
          ([, type]) => type!,
        )
      : [];

  it('triggers every event it knows that Florin handles, and others of billing', async () => {
    const wanted = new Set([...handlerByType.keys(), ...others]);
    const known = (await supported()).filter((type) => wanted.has(type));
    expect(known.length > 40).toBe(isHere);
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
    // Debits come through, or not, after a while.
    sim.simulator.advance(86_400);
    const happened = new Set<string>();
    for await (const { type } of sim.stripe.events.list({ limit: 100 })) happened.add(type);
    expect(known.filter((event) => !happened.has(event))).toEqual([]);
  });
});
