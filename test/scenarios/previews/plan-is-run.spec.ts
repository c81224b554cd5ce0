import fc from 'fast-check';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { eventsCharged, openWorld, type World, worlds } from '../../support/random-worlds.ts';
import { make } from '../../support/shop.ts';

/** The same worlds every time; `FLORIN_WORLD_SECONDS=600 FLORIN_WORLD_SEED=$RANDOM npx jest …` hunts among others. */
const seconds = Number(process.env['FLORIN_WORLD_SECONDS'] ?? '25');
const seed = Number(process.env['FLORIN_WORLD_SEED'] ?? '20261121');
const day = 86_400_000;

/** A run over many missed periods makes what its dry run planned, whatever happens in them. */
describe('a dry run', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it(
    'is what the run makes, invoice by invoice, over random worlds',
    async () => {
      let made = 0;
      await fc.assert(
        fc.asyncProperty(worlds, fc.integer({ min: 0, max: 400 }), async (world: World, days) => {
          const tenant = await openWorld(florin, world);
          const { call } = tenant;
          await eventsCharged(florin, tenant);
          if (world.event.kind === 'second')
            await make(call, '/api/v1/subscriptions', 'subscription', {
              external_customer_id: 'customer',
              external_id: 'sub',
              plan_code: 'second',
            });
          const { now } = (await call('GET', '/api/v1/test_clock')).body.test_clock;
          const asOf = new Date(Date.parse(now) + days * day).toISOString();
          const { body } = await call('POST', '/api/v1/billing_runs', { dry_run: true, as_of: asOf });
          expect(body.billing_run).toMatchObject({ status: 'completed', failed: 0 });
          await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, asOf]);
          const applied = await call('POST', `/api/v1/billing_runs/${body.billing_run.id}/apply`);
          expect([applied.status, applied.body.error_details]).toEqual([200, undefined]);
          const { planned_invoices: planned } = (
            await call('GET', `/api/v1/billing_runs/${body.billing_run.id}/planned_invoices?per_page=1000`)
          ).body;
          for (const line of planned.filter((candidate: { invoiced: boolean }) => candidate.invoiced)) {
            const { invoice } = (await call('GET', `/api/v1/invoices/${line.lago_invoice_id}`)).body;
            expect([invoice.fees_amount_cents, invoice.taxes_amount_cents]).toEqual([
              line.fees_amount_cents,
              line.taxes_amount_cents,
            ]);
            made += 1;
          }
        }),
        { seed, numRuns: 15 * Math.ceil(seconds / 25), interruptAfterTimeLimit: seconds * 1000, endOnFailure: true },
      );
      expect(made).toBeGreaterThan(0);
    },
    seconds * 1000 + 300_000,
  );
});
