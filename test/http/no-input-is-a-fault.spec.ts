import { type Answer, type Caller, type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { InputMaker, jsonOf, randomOf, type Schema } from '../support/hostile-input.ts';
import { make, stockShop, subscribe } from '../support/shop.ts';

const seed = Number(process.env['FLORIN_FUZZ_SEED'] ?? '20261201');
const triesARoute = 24;
const atOnce = 8;

interface Operation {
  readonly parameters?: readonly { name?: string; in?: string; schema?: Schema }[];
  readonly requestBody?: { content: Record<string, { schema: Schema }> };
  readonly security: readonly Record<string, unknown>[];
}
interface Route {
  readonly method: Parameters<Caller>[0];
  readonly path: string;
  readonly operation: Operation;
}

describe(`no input makes a 5xx (seed ${seed})`, () => {
  let florin: Florin;
  let tenant: Tenant;
  let callers: Record<string, Caller>;
  let routes: Route[];
  let schemas: Record<string, Schema>;
  let working: Readonly<Record<string, object>>;
  const known = ['vat', 'team', 'tokens', 'seat', 's', 'acme', 'default', 'customer of s', 'vm', 'constructor'];
  /** What stands where a path has a name, by the path up to it. */
  const things: (readonly [RegExp, string])[] = [];

  beforeAll(async () => {
    florin = await startFlorin({ FLORIN_RATE_LIMITS: 'billing=0, public=0, auth=0, operator=0' });
    tenant = await florin.openOrganization('test');
    const { call } = tenant;
    await stockShop(call);
    const tax = await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 20 });
    const customer = await make(call, '/api/v1/customers', 'customer', { external_id: 'acme', country: 'US' });
    await make(call, '/api/v1/provisioners', 'provisioner', { resource_type: 'vm', kind: 'none' });
    const subscription = await subscribe(call, 's');
    const items = [{ description: 'Work', unit_amount: '10.00' }];
    const invoice = await make(call, '/api/v1/invoices', 'invoice', { external_customer_id: 'acme', line_items: items });
    const note = { invoice_id: invoice.lago_id, items: [{ fee_id: invoice.fees[0].lago_id, amount_cents: 100 }] };
    const credit = await make(call, '/api/v1/credit_notes', 'credit_note', note);
    const plan = (await call('GET', '/api/v1/plans/team')).body.plan;
    const operation = await make(call, '/api/v1/operations', 'operation', { operation_type: 'export' });
    const { billing_run: run } = (await call('POST', '/api/v1/billing_runs', { billing_run: { dry_run: true } })).body;
    things.push(
      [/taxes\/$/, tax.lago_id],
      [/plans\/$/, plan.lago_id],
      [/fixed_charges\/$/, plan.fixed_charges[0].code],
      [/charges\/$/, plan.charges[0].code],
      [/billable_metrics\/$/, 'storage'],
      [/add_ons\/$/, 'seat'],
      [/customers\/$/, customer.lago_id],
      [/subscriptions\/$/, subscription.lago_id],
      [/invoices\/$/, invoice.lago_id],
      [/credit_notes\/$/, credit.lago_id],
      [/fees\/$/, invoice.fees[0].lago_id],
      [/operations\/$/, operation.id],
      [/organizations\/$/, tenant.id],
      [/billing_entities\/$/, 'default'],
      [/billing_runs\/$/, run.lago_id ?? run.id],
      [/provisioners\/$|resources\/$/, 'vm'],
    );
    known.push(...things.map(([, name]) => name));
    working = workingBodies(plan.charges[0].lago_billable_metric_id, note);
    const { body } = await call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'owner', subject: 'ann' } });
    known.push(tenant.id, subscription.lago_id, invoice.lago_id, invoice.fees[0].lago_id, credit.lago_id);
    const nobody: Caller = florin.as('');
    callers = { tenant: call, operator: florin.operator, session: florin.as(body.token), public: nobody };
    const document = (await nobody('GET', '/openapi.json')).body;
    schemas = document.components.schemas;
    routes = Object.entries(document.paths as Record<string, Record<string, Operation>>)
      .flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase() as Route['method'], path, operation })),
      )
      // One never ends by itself.
      .filter(({ path }) => !path.endsWith('/stream'));
  });
  afterAll(() => florin.stop());

  it('from any route, with anything that its description allows or does not', async () => {
    const random = randomOf(seed);
    const maker = new InputMaker(random, schemas, known);
    const requests = routes
      .flatMap((route) => Array.from({ length: triesARoute }, () => requestOf(maker, random, route, { things, working })))
      .toSorted((a, b) => Number(isLast(a.route)) - Number(isLast(b.route)));
    for (const route of routes) {
      const example = working[`${route.method} ${route.path}`];
      const schema = route.operation.requestBody?.content['application/json']?.schema;
      if (!example || !schema) continue;
      const url = urlOf(route, things, () => 's');
      for (const input of maker.withNull(schema, example)) requests.unshift({ route, url, body: jsonOf(input) });
    }
    expect(requests.length).toBeGreaterThan(4_000);
    const faults = new Map<string, string>();
    const queue = requests.entries();
    const worker = async (): Promise<void> => {
      for (const [position, { route, url, body }] of queue) {
        const door = Object.keys(route.operation.security[0] ?? { public: [] })[0] ?? 'public';
        const answer = await (callers[door] as Caller)(route.method, url, body?.replaceAll(/"(p|c|new)"/g, `"$1${position}"`));
        const fault = faultOf(answer);
        if (fault) faults.set(`${route.method} ${route.path}: ${fault}`, `${url.slice(0, 200)} ${(body ?? '').slice(0, 600)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(Object.fromEntries(faults)).toEqual({});
  });

  it.each(['tax', 'plan', 'add_on', 'billable_metric', 'customer', 'credit_note'])(
    'nor %s posts that say the same at once',
    async (kind) => {
      const bodies: Record<string, [string, object]> = {
        tax: ['/api/v1/taxes', { code: 'same', name: 'S', rate: 1 }],
        plan: [
          '/api/v1/plans',
          { code: 'same', name: 'S', interval: 'monthly', amount_cents: 1, amount_currency: 'USD', pay_in_advance: false },
        ],
        add_on: ['/api/v1/add_ons', { code: 'same', name: 'S', amount_cents: 1, amount_currency: 'USD' }],
        billable_metric: ['/api/v1/billable_metrics', { code: 'same', name: 'S', aggregation_type: 'count_agg' }],
        customer: ['/api/v1/customers', { external_id: 'same' }],
      };
      const items = [{ description: 'Work', unit_amount: '10.00' }];
      const invoice = await make(tenant.call, '/api/v1/invoices', 'invoice', { external_customer_id: 'acme', line_items: items });
      bodies['credit_note'] = [
        '/api/v1/credit_notes',
        { invoice_id: invoice.lago_id, items: [{ fee_id: invoice.fees[0].lago_id, amount_cents: 10 }] },
      ];
      const [path, input] = bodies[kind] as [string, object];
      const answers = await Promise.all(Array.from({ length: 20 }, () => tenant.call('POST', path, { [kind]: input })));
      expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
      const expected = kind === 'customer' || kind === 'credit_note' ? 20 : 1;
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(expected);
    },
  );
});

/** What ends or empties things is asked last. */
const isLast = ({ method, path }: Route): boolean => method === 'DELETE' || /archive|rotate|advance/.test(path);

interface Shop {
  readonly things: readonly (readonly [RegExp, string])[];
  readonly working: Readonly<Record<string, object>>;
}

/** Names of things where the path wants them; elsewhere what `other` says. */
const urlOf = ({ path }: Pick<Route, 'path'>, things: Shop['things'], other: () => string): string =>
  path.replaceAll(/\{\w+\}/g, (_, position: number) =>
    encodeURIComponent(things.find(([place]) => place.test(path.slice(0, position)))?.[1] ?? other()),
  );

function requestOf(maker: InputMaker, random: () => number, route: Route, { things, working }: Shop) {
  const wrong = ['x', 'constructor', '%', "'", 'é'.repeat(200)];
  const isRight = random() < 0.9;
  const path = urlOf(route, isRight ? things : [], () => (isRight || random() < 0.5 ? maker.knownName() : maker.pick(wrong)));
  const query = (route.operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && random() < 0.4)
    .map(({ name = '', schema = {} }) => {
      const value = random() < 0.5 ? maker.hostileValue() : maker.fitting(schema, name, 0);
      const key = random() < 0.15 ? `${name}[${maker.pick(['', 'constructor', 'a'])}]` : name;
      return `${encodeURIComponent(key)}=${encodeURIComponent(typeof value === 'string' ? value.slice(0, 300) : (JSON.stringify(value) ?? '').slice(0, 300))}`;
    });
  const url = query.length > 0 ? `${path}?${query.join('&')}` : path;
  const schema = route.operation.requestBody?.content['application/json']?.schema;
  if (route.method === 'GET') return { route, url, body: undefined };
  const chance = random();
  const input =
    schema && chance < 0.9
      ? maker.spoilt(schema, working[`${route.method} ${route.path}`])
      : schema && chance < 0.95
        ? maker.fitting(schema, '', 0)
        : maker.hostileValue();
  return { route, url, body: jsonOf(input) };
}

/** What is ours and not the caller's: 501 says that an installation sells nothing, whatever is asked. */
const faultOf = ({ status, body }: Answer): string | undefined =>
  status >= 500 && status !== 501
    ? `${status} ${body.code}`
    : status >= 400 && body.code === undefined
      ? `${status} without a code`
      : undefined;

/** Inputs that work, so that one wrong field is met by what comes after the validators. */
function workingBodies(metricId: string, note: object): Readonly<Record<string, object>> {
  const charge = { billable_metric_id: metricId, charge_model: 'standard', properties: { amount: '1' } };
  const fixed = { add_on_code: 'seat', charge_model: 'standard', units: '1', properties: { amount: '1' } };
  const plan = { name: 'P', code: 'p', interval: 'monthly', amount_cents: 1, amount_currency: 'USD', pay_in_advance: false };
  const subscription = { external_customer_id: 'acme', plan_code: 'team', external_id: 'new' };
  const named = { code: 'c', name: 'N' };
  return {
    'POST /api/v1/taxes': { tax: { ...named, rate: 1 } },
    'POST /api/v1/add_ons': { add_on: { ...named, amount_cents: 1, amount_currency: 'USD' } },
    'POST /api/v1/billable_metrics': { billable_metric: { ...named, aggregation_type: 'sum_agg', field_name: 'x' } },
    'POST /api/v1/plans': { plan: { ...plan, charges: [charge], fixed_charges: [fixed] } },
    'POST /api/v1/plans/{code}/charges': { charge },
    'POST /api/v1/plans/{code}/fixed_charges': { fixed_charge: fixed },
    'POST /api/v1/customers': { customer: { external_id: 'new', currency: 'USD', billing_configuration: {} } },
    'POST /api/v1/subscriptions': { subscription },
    'POST /api/v1/billing_entities': { billing_entity: named },
    'POST /api/v1/invoices': {
      invoice: { external_customer_id: 'acme', currency: 'USD', fees: [{ add_on_code: 'seat', units: '1' }] },
    },
    'POST /api/v1/invoices/preview': { invoice: { plan_code: 'team', customer: { external_id: 'acme' } } },
    'POST /api/v1/credit_notes': { credit_note: note },
    'POST /api/v1/credit_notes/estimate': { credit_note: note },
    'POST /api/v1/provisioners': { provisioner: { resource_type: 'db', kind: 'http', url: 'https://example.com/x' } },
    'POST /admin/v1/organizations': { organization: { name: 'New', mode: 'test' } },
    'POST /api/v1/events': {
      event: { transaction_id: 'new', external_subscription_id: 's', code: 'tokens', properties: { count: 1 } },
    },
    'POST /api/v1/resources/{type}/{id}/subscriptions': { subscription },
    'POST /api/v1/billable_metrics/evaluate_expression': {
      evaluation: { expression: 'event.properties.a + 1', event: { code: 'x', timestamp: 1, properties: { a: 1 } } },
    },
  };
}
