import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { handlerByType } from '../../src/integrations/stripe/handlers.ts';
import { openStripe, type SimulatedStripe } from '../support/simulated-stripe.ts';

const run = promisify(execFile);

/** What the CLI knows beyond billing, and of billing what the simulator leaves out (docs/decisions/0030). */
const leftOut =
  /^(account|balance|cash_balance|customer\.(discount|source)|customer_cash_balance_transaction|identity|issuing_\w+|payment_intent\.partially_funded|payment_link|payout|plan|quote|reporting|subscription_schedule|topup|transfer)\b/;

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

  it('triggers every event it knows of billing, all that Florin handles among them', async () => {
    const known = (await supported()).filter((type) => !leftOut.test(type));
    expect(known.length > 60).toBe(isHere);
    // Those of them that the CLI has no script for are caused in test/scenarios/stripe-every-event.spec.ts.
    expect([...handlerByType.keys()].filter((type) => leftOut.test(type))).toEqual([]);
    expect(known.filter((type) => handlerByType.has(type)).length > 40).toBe(isHere);
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
    // Two of its scripts are named after what happens to a subscription; their events are those of its invoice.
    expect(known.filter((event) => !happened.has(event) && !event.startsWith('subscription.'))).toEqual([]);
  });
});
