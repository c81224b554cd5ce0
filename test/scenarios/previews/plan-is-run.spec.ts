import fc from 'fast-check';
import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
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

  interface Bill {
    readonly subscriptions: readonly string[];
    readonly fees: number;
    readonly taxes: number;
  }
  const inOrder = (bills: readonly Bill[]) => bills.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

  /** Customers that nobody can tax, with one or two subscriptions, some on one invoice; they come before and after the good ones. */
  const strangers = async (call: Caller, prefix: string, start: string): Promise<void> => {
    for (const [position, together] of [true, false].entries()) {
      const name = `${prefix}${position}`;
      await make(call, '/api/v1/customers', 'customer', {
        external_id: name,
        billing_entity_code: 'addressed',
        consolidate_invoices: together,
      });
      for (const nth of [1, 2])
        await make(call, '/api/v1/subscriptions', 'subscription', {
          external_customer_id: name,
          external_id: `${name} ${nth}`,
          plan_code: 'plain',
          subscription_at: start,
        });
    }
  };
  const friends = async (call: Caller, start: string): Promise<void> => {
    for (const name of ['one', 'two', 'three']) {
      await make(call, '/api/v1/customers', 'customer', { external_id: name, consolidate_invoices: name !== 'two' });
      for (const nth of [1, 2])
        await make(call, '/api/v1/subscriptions', 'subscription', {
          external_customer_id: name,
          external_id: `${name} ${nth}`,
          plan_code: 'plain',
          subscription_at: start,
        });
    }
  };

  it('is what the run makes beside strangers who fail, grouped the same', async () => {
    for (const [months, byHand] of [
      [1, false],
      [3, false],
      [3, true],
    ] as const) {
      const tenant = await florin.openOrganization('test');
      const { call } = tenant;
      const start = '2026-03-10T08:00:00Z';
      await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, start]);
      await setFlags(florin, tenant, ['multi_entity_billing']);
      const addressed = { code: 'addressed', name: 'Addressed', country: 'FR', tax_by_address: true };
      await make(call, '/api/v1/billing_entities', 'billing_entity', addressed);
      const plain = { code: 'plain', name: 'Plain', interval: 'monthly', amount_cents: 10_400, amount_currency: 'EUR' };
      await make(call, '/api/v1/plans', 'plan', { ...plain, pay_in_advance: false });
      await strangers(call, 'before', start);
      await friends(call, start);
      await strangers(call, 'after', start);
      const later = `2026-0${3 + months}-25T00:00:00Z`;
      await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, later]);
      const dry = (await call('POST', '/api/v1/billing_runs', { dry_run: true })).body.billing_run;
      const { planned_invoices: planned } = (await call('GET', `/api/v1/billing_runs/${dry.id}/planned_invoices`)).body;
      const made = byHand ? `/api/v1/billing_runs/${dry.id}/apply` : '/api/v1/billing_runs';
      const run = (await call('POST', made)).body.billing_run;
      expect([run.failed, run.successful]).toEqual([8, 6 * months]);
      const errorsOf = ({ errors }: { errors: { external_subscription_id: string; code: string; field: string }[] }) =>
        errors.map(({ external_subscription_id: id, code, field }) => `${id} ${code} ${field}`).toSorted();
      expect(errorsOf(dry)).toEqual(errorsOf(run));
      const { invoices } = (await call('GET', '/api/v1/invoices')).body;
      const bills: Bill[] = [];
      for (const { lago_id: id, fees_amount_cents: fees, taxes_amount_cents: taxes } of invoices) {
        const { rows } = await florin.sql.query(
          'select s.external_id from invoice_subscriptions b join subscriptions s on s.id = b.subscription_id where b.invoice_id = $1 order by 1',
          [id],
        );
        bills.push({ subscriptions: rows.map((row) => row.external_id), fees, taxes });
      }
      const plans = planned.map(
        (line: { subscriptions: { external_id: string }[]; fees_amount_cents: number; taxes_amount_cents: number }): Bill => ({
          subscriptions: line.subscriptions.map(({ external_id: id }) => id).toSorted(),
          fees: line.fees_amount_cents,
          taxes: line.taxes_amount_cents,
        }),
      );
      expect(inOrder(bills)).toEqual(inOrder(plans));
      // Two customers get one invoice a month, one gets two.
      expect(bills).toHaveLength(4 * months);
    }
  });

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
