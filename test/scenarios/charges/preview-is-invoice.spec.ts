import fc from 'fast-check';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { type Fee, feesIn, meter, price, type Priced, send, take } from '../../support/price-list.ts';
import { advance, invoicesOf } from '../../support/shop.ts';

const tiers = (name: string, field = 'per_unit_amount') => ({
  [name]: [
    { from_value: 0, to_value: 5, [field]: '3', flat_amount: '1' },
    { from_value: 6, to_value: null, [field]: '0.7', flat_amount: '2' },
  ],
});
const models: readonly (readonly [string, object])[] = [
  ['standard', { amount: '0.333' }],
  ['graduated', tiers('graduated_ranges')],
  ['graduated_percentage', tiers('graduated_percentage_ranges', 'rate')],
  ['volume', tiers('volume_ranges')],
  ['package', { amount: '7', package_size: 3, free_units: 2 }],
  ['percentage', { rate: '2.99', fixed_amount: '0.1', free_units_per_events: 1, per_transaction_max_amount: '0.5' }],
];

const chargeOf = fc.record({
  metric: fc.constantFrom('counted', 'summed', 'peak', 'people', 'kept'),
  model: fc.constantFrom(...models),
  groups: fc.constantFrom<readonly string[]>([], ['team']),
  filtered: fc.boolean(),
  minimum: fc.constantFrom(0, 5_000),
});
const worldOf = fc.record({
  charges: fc.array(chargeOf, { minLength: 1, maxLength: 4 }),
  commitment: fc.constantFrom(0, 40_000),
  amount: fc.integer({ min: 0, max: 9_999 }),
  inAdvance: fc.boolean(),
  events: fc.array(
    fc.record({
      metric: fc.constantFrom('counted', 'summed', 'peak', 'people', 'kept'),
      day: fc.integer({ min: 11, max: 31 }),
      value: fc.integer({ min: 0, max: 20 }),
      team: fc.constantFrom('a', 'b'),
      region: fc.constantFrom('eu', 'us', 'mars'),
    }),
    { maxLength: 25 },
  ),
});

/** Whatever is sold and used: what the preview says on the eve is what the invoice says on the day. */
describe('the preview of a period', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());

  it('is the invoice, fee by fee, over random worlds', async () => {
    await fc.assert(
      fc.asyncProperty(worldOf, async (world) => {
        const tenant = await florin.openOrganization('test');
        const { call } = tenant;
        await florin.sql.query(`update organizations set virtual_now = '2026-03-10T08:00:00Z' where id = $1`, [tenant.id]);
        await call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: '8.875', applied_to_organization: true } });
        const filters = { filters: [{ key: 'region', values: ['eu', 'us'] }] };
        await meter(call, 'counted', 'count', filters);
        await meter(call, 'summed', 'sum', filters);
        await meter(call, 'peak', 'max', filters);
        await meter(call, 'people', 'unique_count', filters);
        await meter(call, 'kept', 'weighted_sum', { ...filters, recurring: true });
        const charges = world.charges.map(({ metric, model: [charge_model, own], groups, filtered, minimum }): Priced => {
          const properties = groups.length > 0 ? { ...own, pricing_group_keys: groups } : own;
          return {
            metric,
            charge_model,
            properties,
            min_amount_cents: minimum,
            filters: filtered ? [{ values: { region: ['eu'] }, properties }] : [],
          };
        });
        await price(call, charges, {
          amount_cents: world.amount,
          pay_in_advance: world.inAdvance,
          minimum_commitment: { amount_cents: world.commitment },
        });
        await take(call);
        if (world.events.length > 0)
          await send(
            call,
            world.events.map(({ metric, day, value, team, region }) => ({
              code: metric,
              at: `2026-03-${day}T00:00:00Z`,
              properties: { value: metric === 'people' ? `user ${value}` : value, team, region },
            })),
          );
        await advance(call, '2026-03-31T23:00:00Z');
        const preview = (await call('POST', '/api/v1/subscriptions/sub/preview-invoice')).body.invoice;
        await advance(call, '2026-04-01T01:00:00Z');
        const [latest] = await invoicesOf(call, 'sub');
        const { invoice } = (await call('GET', `/api/v1/invoices/${latest.lago_id}`)).body;
        const same = (fees: readonly Fee[]) =>
          fees.map(({ type, name, units, cents, events }) => [type, name, units, cents, events]);
        expect(same(feesIn(preview.fees))).toEqual(same(feesIn(invoice.fees)));
        expect([preview.taxes_amount_cents, preview.total_amount_cents]).toEqual([
          invoice.taxes_amount_cents,
          invoice.total_amount_cents,
        ]);
      }),
      { numRuns: 12 },
    );
    await expectHealthy(florin);
  }, 240_000);
});
