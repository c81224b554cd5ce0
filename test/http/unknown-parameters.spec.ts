import { featureFlagNames } from '../../src/platform/feature-flags/flags.ts';
import { setFlags } from '../support/flags.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { make } from '../support/shop.ts';

interface Route {
  readonly method: Parameters<Caller>[0];
  readonly path: string;
  readonly door: string;
  /** Its query parameters. */
  readonly known: readonly string[];
}

interface Operation {
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
}

/** Every route of the API's description, asked with a parameter that it does not have, and with each that it says it has. */
describe('query parameters', () => {
  let florin: Florin;
  let tenant: Tenant;
  let routes: Route[];
  let doors: Record<string, Caller>;

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await setFlags(florin, tenant, featureFlagNames);
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'buyer' });
    const { body } = await tenant.call('POST', '/api/v1/customers/buyer/sessions', {
      session: { role: 'owner', subject: 'ada' },
    });
    doors = { tenant: tenant.call, operator: florin.operator, session: florin.as(body.token), public: tenant.call };
    const document = (await tenant.call('GET', '/openapi.json')).body as { paths: Record<string, Record<string, Operation>> };
    routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security, parameters = [] }]) => ({
        method: method.toUpperCase() as Route['method'],
        path,
        door: Object.keys(security?.[0] ?? { public: [] })[0] ?? 'public',
        known: parameters.flatMap((parameter) => (parameter.in === 'query' && parameter.name) || []),
      })),
    );
  });
  afterAll(() => florin.stop());

  const ask = ({ method, path, door }: Route, query: string) => {
    const url = `${path.replaceAll(/\{[^}]+\}/g, '019aa000-0000-7000-8000-000000000000')}?${query}`;
    return (doors[door] as Caller)(method, url, method === 'GET' || method === 'DELETE' ? undefined : {});
  };

  it('that a route does not have are refused by name, on every route', async () => {
    expect(routes.length).toBeGreaterThan(150);
    expect(routes.filter(({ known }) => known.length === 0).length).toBeGreaterThan(80);
    const ignored: string[] = [];
    for (const route of routes) {
      const { status, body } = await ask(route, 'no_such_parameter=1');
      const named = status === 422 && body.error_details?.no_such_parameter?.includes('unknown_field');
      if (!named) ignored.push(`${route.method} ${route.path}: ${status} ${JSON.stringify(body)}`);
    }
    expect(ignored).toEqual([]);
  });

  it('that a route says it has are known to it', async () => {
    const refused: string[] = [];
    for (const route of routes.filter(({ method }) => method === 'GET'))
      for (const name of route.known) {
        const { body } = await ask(route, `${name}=1`);
        if (body.error_details?.[name]?.includes('unknown_field')) refused.push(`${route.path}: ${name}`);
      }
    expect(refused).toEqual([]);
  });

  it('of another route are refused, too', async () => {
    const refusals = [
      ['GET', '/api/v1/subscriptions/x/invoices', 'status'],
      ['POST', '/api/v1/subscriptions/x/pause', 'status'],
      ['GET', '/api/v1/plans/x', 'subscription_status'],
      ['PUT', '/api/v1/credit_notes/x/void', 'refund'],
    ] as const;
    for (const [method, path, name] of refusals) {
      const { status, body } = await tenant.call(method, `${path}?${name}=pending`, method === 'GET' ? undefined : {});
      expect([path, status, body.error_details]).toEqual([path, 422, { [name]: ['unknown_field'] }]);
    }
  });
});
