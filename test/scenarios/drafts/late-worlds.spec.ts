import fc from 'fast-check';
import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { expectProved } from '../../support/proved.ts';
import { changesOfTerms, madeAt, openWorld, sendUsage, type World, worlds } from '../../support/random-worlds.ts';
import { advance, make } from '../../support/shop.ts';

/** The same worlds every time; `FLORIN_WORLD_SECONDS=600 FLORIN_WORLD_SEED=$RANDOM npx jest …` hunts among others. */
const seconds = Number(process.env['FLORIN_WORLD_SECONDS'] ?? '40');
const seed = Number(process.env['FLORIN_WORLD_SEED'] ?? '20261121');
const hour = 3_600_000;

// oxlint-disable-next-line typescript/no-explicit-any
type Invoice = any;

/** What usage and terms make of an invoice; fees that appear late stand last. */
const said = (invoice: Invoice) => ({
  fees: invoice.fees
    .map((fee: Invoice) =>
      JSON.stringify([
        [fee.external_subscription_id, fee.item.type, fee.item.filters, fee.item.grouped_by, fee.from_date, fee.to_date],
        [fee.units, fee.events_count, fee.precise_amount, fee.amount_cents, fee.taxes_amount_cents, fee.precise_unit_amount],
        fee.applied_taxes.map((tax: Invoice) => [tax.tax_code, tax.tax_rate, tax.amount_cents]),
      ]),
    )
    .toSorted(),
  taxes: invoice.applied_taxes.map((tax: Invoice) => [tax.tax_code, tax.tax_rate, tax.amount_cents]).toSorted(),
  totals: [invoice.fees_amount_cents, invoice.taxes_amount_cents],
  identity: [invoice.number, invoice.billing_entity_code, invoice.issuing_date, invoice.period_start, invoice.period_end],
});

const other = { amount: '99', rate: '99' };
/** Of the plan that `sub` has, of its taxes, its seller or itself. Some are refused where there is nothing to change: that changes nothing. */
const changes: Record<(typeof changesOfTerms)[number], (call: Caller, charges: readonly Invoice[]) => Promise<unknown>> = {
  move: (call) => call('PUT', '/api/v1/subscriptions/sub', { subscription: { billing_entity_code: 'eu' } }),
  tax: async (call) => {
    for (const { code } of (await call('GET', '/api/v1/taxes')).body.taxes)
      await call('PUT', `/api/v1/taxes/${code}`, { tax: { rate: 3 } });
  },
  amount: (call) =>
    call('PUT', '/api/v1/plans/first', { plan: { amount_cents: 77_777, minimum_commitment: { amount_cents: 555_555 } } }),
  prices: async (call, charges) => {
    for (const { code, charge_model: model, properties } of charges)
      await call('PUT', `/api/v1/plans/first/charges/${code}`, {
        charge: {
          properties: 'amount' in properties || 'rate' in properties ? { ...properties, ...other } : properties,
          charge_model: model,
          filters: [],
        },
      });
  },
  charges: (call) => call('PUT', '/api/v1/plans/first', { plan: { charges: [] } }),
  overrides: (call) =>
    call('PUT', '/api/v1/subscriptions/sub', {
      subscription: { plan_overrides: { amount_cents: 4242, minimum_commitment: { amount_cents: 444_444 } } },
    }),
  terminate: (call) => call('DELETE', '/api/v1/subscriptions/sub'),
  second: (call) =>
    make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer',
      external_id: 'sub',
      plan_code: 'second',
    }),
  pause: (call) => call('POST', '/api/v1/subscriptions/sub/pause'),
};

/** Whatever changes while a draft waits: it is issued as if what came late had come in time, and nothing had changed. */
describe('usage that comes late', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const now = async ({ call }: Tenant): Promise<number> =>
    Date.parse((await call('GET', '/api/v1/test_clock')).body.test_clock.now);

  const open = async (world: World): Promise<Tenant> => {
    const tenant = await openWorld(florin, world);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'EU' });
    await charge(tenant);
    return tenant;
  };

  /** When the next period is billed; null: never. */
  const nextBoundary = async ({ call }: Tenant, { companion }: World): Promise<number | null> => {
    const externalIds = companion === null ? ['sub'] : ['sub', 'companion'];
    const { status, body } = await call('POST', '/api/v1/invoices/preview', {
      customer: { external_id: 'customer' },
      subscriptions: { external_ids: externalIds },
    });
    return status === 200 ? Math.ceil(madeAt(body.invoice) / hour) * hour : null;
  };

  const drafts = async ({ call }: Tenant): Promise<Invoice[]> => {
    const { body } = await call('GET', '/api/v1/invoices?status=draft&per_page=1000');
    return body.invoices
      .filter(({ invoicing_reason: reason }: Invoice) => reason !== null)
      .toSorted((a: Invoice, b: Invoice) => a.sequential_id - b.sequential_id);
  };
  const whole = async ({ call }: Tenant, ids: readonly string[]): Promise<object[]> => {
    const read = [];
    for (const id of ids) read.push(said((await call('GET', `/api/v1/invoices/${id}`)).body.invoice));
    return read;
  };

  /** The clock charges what waits to be charged at once. */
  const charge = async (tenant: Tenant) => advance(tenant.call, new Date(await now(tenant)).toISOString());

  /** In the hours before the boundary, the same in both worlds. */
  const lateOf = (world: World, at: number) =>
    world.late.map((event, i) => ({
      ...event,
      at: new Date(at - (1 + (Math.abs(event.afterHours) % 72)) * hour + i * 1000).toISOString(),
    }));

  /** Twice: with what came late in time, and with it late, beside changes. */
  const live = async (world: World): Promise<number> => {
    const [calm, troubled] = [await open(world), await open(world)];
    let compared = 0;
    for (const isTroubled of [false, true]) {
      const at = await nextBoundary(calm, world);
      if (at === null || at <= (await now(calm))) break;
      const late = lateOf(world, at);
      for (const tenant of [calm, troubled])
        if (at - 60_000 > (await now(tenant))) await advance(tenant.call, new Date(at - 60_000).toISOString());
      await sendUsage(calm, world, late);
      await charge(calm);
      for (const tenant of [calm, troubled]) await advance(tenant.call, new Date(at).toISOString());
      const pairs = [
        (await drafts(calm)).map(({ lago_id: id }) => id),
        (await drafts(troubled)).map(({ lago_id: id }) => id),
      ] as const;
      await sendUsage(troubled, world, late);
      await charge(troubled);
      if (isTroubled) {
        const { charges } = (await troubled.call('GET', '/api/v1/plans/first')).body.plan;
        for (const change of world.changes) await changes[change](troubled.call, charges);
      }
      for (const tenant of [calm, troubled]) await advance(tenant.call, new Date(at + 2 * hour).toISOString());
      const [expected, found] = [await whole(calm, pairs[0]), await whole(troubled, pairs[1])];
      expect(found).toEqual(expected);
      compared += found.length;
    }
    for (const tenant of [calm, troubled]) await expectProved(florin, tenant);
    return compared;
  };

  it(
    'is on the draft that it is of, over random worlds',
    async () => {
      let compared = 0;
      const until = Date.now() + seconds * 1000;
      await fc.assert(
        fc.asyncProperty(worlds, async (world: World) => {
          // A world that is begun is lived through: one that is left alone would still ask while Florin stops.
          if (Date.now() < until) compared += await live(world);
        }),
        { seed, numRuns: 15 * Math.ceil(seconds / 40), endOnFailure: true },
      );
      expect(compared).toBeGreaterThan(0);
    },
    seconds * 1000 + 300_000,
  );
});
