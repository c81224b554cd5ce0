import fc from 'fast-check';
import type { Florin, Tenant } from './florin.ts';
import { until } from './processes.ts';
import { make } from './shop.ts';

const metrics = {
  counted: { aggregation_type: 'count_agg' },
  summed: { aggregation_type: 'sum_agg', field_name: 'value' },
  peak: { aggregation_type: 'max_agg', field_name: 'value' },
  newest: { aggregation_type: 'latest_agg', field_name: 'value' },
  people: { aggregation_type: 'unique_count_agg', field_name: 'value' },
  kept: { aggregation_type: 'weighted_sum_agg', field_name: 'value', recurring: true, weighted_interval: 'seconds' },
  seats: { aggregation_type: 'sum_agg', field_name: 'value', recurring: true },
  members: { aggregation_type: 'unique_count_agg', field_name: 'value', recurring: true },
};
type Metric = keyof typeof metrics;
const metricCodes = Object.keys(metrics) as Metric[];

const tiers = (name: string, field = 'per_unit_amount') => ({
  [name]: [
    { from_value: 0, to_value: 5, [field]: '3', flat_amount: '1' },
    { from_value: 6, to_value: null, [field]: '0.7', flat_amount: '2' },
  ],
});
const models: Readonly<Record<string, object>> = {
  standard: { amount: '0.333' },
  graduated: tiers('graduated_ranges'),
  graduated_percentage: tiers('graduated_percentage_ranges', 'rate'),
  volume: tiers('volume_ranges'),
  package: { amount: '7', package_size: 3, free_units: 2 },
  percentage: { rate: '2.99', fixed_amount: '0.1', free_units_per_events: 1, per_transaction_max_amount: '0.5' },
  dynamic: {},
};

const charges = fc.record({
  metric: fc.constantFrom(...metricCodes),
  model: fc.constantFrom(...Object.keys(models)),
  isGrouped: fc.boolean(),
  isFiltered: fc.boolean(),
  minimum: fc.constantFrom(0, 5000),
  inAdvance: fc.boolean(),
  isInvoiceable: fc.boolean(),
  isProrated: fc.boolean(),
});
const fixedCharges = fc.record({
  model: fc.constantFrom('standard', 'graduated', 'volume'),
  units: fc.integer({ min: 0, max: 9 }),
  isProrated: fc.boolean(),
  inAdvance: fc.boolean(),
});
const plans = fc.record({
  interval: fc.constantFrom('weekly', 'monthly', 'quarterly', 'semiannual', 'yearly'),
  amount: fc.integer({ min: 0, max: 99_999 }),
  inAdvance: fc.boolean(),
  trialDays: fc.constantFrom(0, 0, 5, 40),
  chargesMonthly: fc.boolean(),
  fixedMonthly: fc.boolean(),
  commitment: fc.constantFrom(0, 0, 40_000),
  isTaxed: fc.boolean(),
  charges: fc.array(charges, { maxLength: 3 }),
  fixedCharges: fc.array(fixedCharges, { maxLength: 2 }),
});

/** What may change while a draft waits; none of it is the draft's. */
export const changesOfTerms = [
  'move',
  'tax',
  'amount',
  'prices',
  'charges',
  'overrides',
  'terminate',
  'second',
  'pause',
] as const;

/** What happens to the subscription: nothing, another plan, a pause of some hours (whose end may be announced), or its end. */
const lifeEvents = fc.record({
  kind: fc.constantFrom('none', 'second', 'terminate', 'pause'),
  afterHours: fc.integer({ min: 0, max: 1200 }),
  forHours: fc.integer({ min: 0, max: 1200 }),
  isAnnounced: fc.boolean(),
});

const usage = fc.record({
  metric: fc.constantFrom(...metricCodes),
  afterHours: fc.integer({ min: -1000, max: 3000 }),
  value: fc.integer({ min: -8, max: 20 }),
  removes: fc.boolean(),
  team: fc.constantFrom('a', 'b'),
  region: fc.constantFrom('eu', 'us', 'mars'),
  isOfCompanion: fc.boolean(),
});

export const worlds = fc.record({
  timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Tokyo', 'Asia/Kolkata', 'Europe/Paris', 'Pacific/Chatham'),
  billingTime: fc.constantFrom('calendar', 'anniversary'),
  /** Of the subscription, from 10 March 2026 on. */
  startsAfterHours: fc.integer({ min: -1000, max: 300 }),
  endsAfterHours: fc.option(fc.integer({ min: 400, max: 3000 }), { freq: 4 }),
  taxes: fc.constantFrom<readonly string[]>([], ['20'], ['8.875', '5']),
  first: plans,
  second: plans,
  /** Prices of the subscription's own. */
  overrides: fc.option(
    fc.record({
      amount: fc.integer({ min: 0, max: 99_999 }),
      commitment: fc.constantFrom(0, 30_000),
      perCharge: fc.constantFrom<readonly string[]>([], ['minimum'], ['taxes'], ['minimum', 'taxes']),
      units: fc.integer({ min: 0, max: 9 }),
    }),
    { freq: 3 },
  ),
  /** Another subscription of the customer, who then wants one invoice for both. */
  companion: fc.option(
    fc.record({
      plan: fc.constantFrom('first', 'second'),
      billingTime: fc.constantFrom('calendar', 'anniversary'),
      startsAfterHours: fc.integer({ min: -1000, max: 300 }),
    }),
    { freq: 3 },
  ),
  event: lifeEvents,
  usage: fc.array(usage, { maxLength: 25 }),
  /** Of the period that a draft bills, sent when the draft is made. */
  late: fc.array(usage, { maxLength: 8 }),
  changes: fc.uniqueArray(fc.constantFrom(...changesOfTerms), { maxLength: 3 }),
  dayCount: fc.constantFrom('actual', 'thirty_day_months'),
});
export type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

const origin = Date.parse('2026-03-10T08:00:00Z');
const instant = (afterHours: number): string => new Date(origin + afterHours * 3_600_000).toISOString();

/** A test organization that is this world, on 10 March 2026, with its events sent and `sub` (and `companion`) on their plans. */
export async function openWorld(florin: Florin, world: World): Promise<Tenant> {
  const tenant = await florin.openOrganization('test');
  const { call } = tenant;
  await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant(0)]);
  await call('PUT', '/api/v1/billing_entities/default', { day_count: world.dayCount });
  for (const [position, rate] of world.taxes.entries())
    await make(call, '/api/v1/taxes', 'tax', {
      code: `tax_${position}`,
      name: `Tax ${rate}`,
      rate,
      applied_to_organization: true,
    });
  await make(call, '/api/v1/taxes', 'tax', { code: 'own', name: 'Own', rate: '7.7' });
  await make(call, '/api/v1/add_ons', 'add_on', { code: 'box', name: 'Box', amount_cents: 1234, amount_currency: 'EUR' });
  const ids = new Map<Metric, string>();
  for (const code of metricCodes) {
    const filters = [{ key: 'region', values: ['eu', 'us'] }];
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code,
      name: code,
      filters,
      ...metrics[code],
    });
    ids.set(code, metric.lago_id);
  }
  const first = await make(call, '/api/v1/plans', 'plan', planOf('first', world.first, ids));
  await make(call, '/api/v1/plans', 'plan', planOf('second', world.second, ids));
  const { companion, endsAfterHours, overrides } = world;
  const customer = { external_id: 'customer', timezone: world.timezone, net_payment_term: 14 };
  await make(call, '/api/v1/customers', 'customer', { ...customer, consolidate_invoices: companion !== null });
  await make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: 'customer',
    external_id: 'sub',
    plan_code: 'first',
    billing_time: world.billingTime,
    subscription_at: instant(world.startsAfterHours),
    ...(endsAfterHours === null ? {} : { ending_at: instant(endsAfterHours) }),
    ...(overrides === null ? {} : { plan_overrides: overridesOf(overrides, first) }),
  });
  if (companion !== null)
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer',
      external_id: 'companion',
      plan_code: companion.plan,
      billing_time: companion.billingTime,
      subscription_at: instant(companion.startsAfterHours),
    });
  await sendUsage(
    tenant,
    world,
    world.usage.map((event) => ({ ...event, at: instant(event.afterHours) })),
  );
  return tenant;
}

type Plan = World['first'];
interface Made {
  readonly charges: readonly { readonly lago_id: string; readonly pay_in_advance: boolean }[];
  readonly fixed_charges: readonly { readonly lago_id: string }[];
}

const overridesOf = ({ amount, commitment, perCharge, units }: NonNullable<World['overrides']>, plan: Made) => ({
  amount_cents: amount,
  ...(commitment === 0 ? {} : { minimum_commitment: { amount_cents: commitment } }),
  charges: plan.charges.map(({ lago_id: id, pay_in_advance: inAdvance }) => ({
    id,
    ...(perCharge.includes('minimum') && !inAdvance ? { min_amount_cents: 3000 } : {}),
    ...(perCharge.includes('taxes') ? { tax_codes: ['own'] } : {}),
  })),
  fixed_charges: plan.fixed_charges.map(({ lago_id: id }) => ({ id, units: String(units) })),
});

function planOf(code: string, plan: Plan, ids: ReadonlyMap<Metric, string>) {
  const isLong = plan.interval === 'yearly' || plan.interval === 'semiannual';
  return {
    code,
    name: code,
    interval: plan.interval,
    amount_cents: plan.amount,
    amount_currency: 'EUR',
    pay_in_advance: plan.inAdvance,
    trial_period: plan.trialDays,
    bill_charges_monthly: isLong && plan.chargesMonthly,
    bill_fixed_charges_monthly: isLong && plan.fixedMonthly,
    minimum_commitment: plan.commitment === 0 ? null : { amount_cents: plan.commitment },
    tax_codes: plan.isTaxed ? ['own'] : [],
    charges: plan.charges.map((charge) => chargeOf(charge, ids)),
    fixed_charges: plan.fixedCharges.map(({ model, units, isProrated, inAdvance }) => ({
      add_on_code: 'box',
      charge_model: model,
      units: String(units),
      prorated: isProrated && model !== 'graduated',
      pay_in_advance: inAdvance && model !== 'volume',
      ...(model === 'standard' ? {} : { properties: models[model] }),
    })),
  };
}

/** As it was drawn, as far as such a charge can be sold (lago.md 1.4). */
function chargeOf(drawn: Plan['charges'][number], ids: ReadonlyMap<Metric, string>) {
  const model = drawn.model === 'dynamic' && drawn.metric !== 'summed' ? 'standard' : drawn.model;
  const inAdvance = drawn.inAdvance && model !== 'volume' && !['peak', 'newest', 'kept'].includes(drawn.metric);
  const isRecurring = ['seats', 'members'].includes(drawn.metric);
  const isProrated =
    drawn.isProrated && isRecurring && (inAdvance ? ['standard'] : ['standard', 'volume', 'graduated']).includes(model);
  const properties = { ...models[model], ...(drawn.isGrouped ? { pricing_group_keys: ['team'] } : {}) };
  return {
    billable_metric_id: ids.get(drawn.metric),
    charge_model: model,
    properties,
    pay_in_advance: inAdvance,
    invoiceable: drawn.isInvoiceable || !inAdvance,
    prorated: isProrated,
    min_amount_cents: inAdvance ? 0 : drawn.minimum,
    filters: drawn.isFiltered ? [{ values: { region: ['eu'] }, properties }] : [],
  };
}

type Used = World['usage'][number] & { readonly at: string };

/** In one request, in their order. */
export async function sendUsage({ call }: Tenant, { companion }: World, events: readonly Used[]): Promise<void> {
  if (events.length === 0) return;
  const { status, body } = await call('POST', '/api/v1/events/batch', {
    events: events.map(({ metric, at, value, removes, team, region, isOfCompanion }, i) => ({
      transaction_id: `event ${at} ${i}`,
      external_subscription_id: isOfCompanion && companion !== null ? 'companion' : 'sub',
      code: metric,
      timestamp: at,
      precise_total_amount_cents: `${value}.25`,
      properties: {
        value: ['people', 'members'].includes(metric) ? `user ${Math.abs(value) % 5}` : value,
        operation_type: removes ? 'remove' : 'add',
        team,
        region,
      },
    })),
  });
  if (status !== 200) throw new Error(`events were refused: ${JSON.stringify(body)}`);
}

/** Waits until everything that can be charged at once is. */
export const eventsCharged = (florin: Florin, tenant: Tenant): Promise<void> =>
  until('events are charged', async () => {
    const { rows } = await florin.sql.query(
      `select from instant_charges q join subscriptions s on s.organization_id = q.organization_id and s.stream_id = q.stream_id
         and s.started_at <= q.occurred_at and q.occurred_at < coalesce(s.terminated_at, 'infinity') where q.organization_id = $1`,
      [tenant.id],
    );
    return rows.length === 0;
  });

/** When a previewed invoice would be made, at the earliest: an hour before it is issued; what is closed waits for nothing. */
export const madeAt = (preview: { readonly scheduled_finalize_at: string | null; readonly period_end: string }): number =>
  preview.scheduled_finalize_at === null ? Date.parse(preview.period_end) : Date.parse(preview.scheduled_finalize_at) - 3_600_000;
