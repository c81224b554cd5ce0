import fc from 'fast-check';
import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { eventsCharged, openWorld, type World, worlds } from '../../support/random-worlds.ts';
import { make } from '../../support/shop.ts';

/** The same worlds every time; `FLORIN_WORLD_SECONDS=600 FLORIN_WORLD_SEED=$RANDOM npx jest …` hunts among others. */
const seconds = Number(process.env['FLORIN_WORLD_SECONDS'] ?? '25');
const seed = Number(process.env['FLORIN_WORLD_SEED'] ?? '20261121');
const hour = 3_600_000;
const day = 24 * hour;

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

  /** What the world's event is, at once. */
  const live = async (call: Caller, { event }: World, now: string): Promise<void> => {
    if (event.kind === 'second')
      await make(call, '/api/v1/subscriptions', 'subscription', {
        external_customer_id: 'customer',
        external_id: 'sub',
        plan_code: 'second',
      });
    // One that has not begun, or is on trial, is not paused; one that has ended does not end.
    const allowed = [200, 405];
    if (event.kind === 'terminate') expect(allowed).toContain((await call('DELETE', '/api/v1/subscriptions/sub')).status);
    if (event.kind !== 'pause') return;
    const resumeAt = new Date(Date.parse(now) + (event.forHours + 1) * hour).toISOString();
    const body = event.isAnnounced ? { resume_at: resumeAt } : {};
    expect(allowed).toContain((await call('POST', '/api/v1/subscriptions/sub/pause', body)).status);
  };

  it(
    'is what the run makes, invoice by invoice, over random worlds',
    async () => {
      let made = 0;
      const until = Date.now() + seconds * 1000;
      await fc.assert(
        fc.asyncProperty(worlds, fc.integer({ min: 0, max: 400 }), async (world: World, days) => {
          // A world that is begun is lived through: one that is left alone would still ask while Florin stops.
          if (Date.now() > until) return;
          const tenant = await openWorld(florin, world);
          const { call } = tenant;
          await eventsCharged(florin, tenant);
          const { now } = (await call('GET', '/api/v1/test_clock')).body.test_clock;
          await live(call, world, now);
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
        { seed, numRuns: 15 * Math.ceil(seconds / 25), endOnFailure: true },
      );
      expect(made).toBeGreaterThan(0);
    },
    seconds * 1000 + 300_000,
  );
});
