import type { Caller } from '../../support/florin.ts';
import { customerOf, openStripeShop, type StripeShop } from '../../support/stripe-shop.ts';

type Method = Parameters<Caller>[0];
const roles = ['member', 'admin', 'owner'] as const;
type Role = (typeof roles)[number];

/** Who may do what (C2, C15, F2, D18); a route that is not here fails the walk. */
const lowestRole: Readonly<Record<string, Role>> = {
  'GET /api/v1/billing/invoices': 'admin',
  'GET /api/v1/billing/invoices/{id}': 'admin',
  'GET /api/v1/billing/invoices/upcoming': 'admin',
  'GET /api/v1/billing/subscriptions': 'member',
  'GET /api/v1/billing/subscriptions/{id}': 'member',
  'POST /api/v1/billing/subscriptions': 'owner',
  'POST /api/v1/billing/subscriptions/{id}/cancel': 'owner',
  'POST /api/v1/billing/checkout': 'owner',
  'GET /api/v1/billing/checkout/{session_id}/status': 'member',
  'GET /api/v1/billing/operations/{id}': 'member',
  'GET /api/v1/billing/operations/{id}/stream': 'member',
  'GET /api/v1/billing/resources/{type}/{id}/subscriptions': 'member',
  'PUT /api/v1/billing/resources/{type}/{id}/subscriptions/upgrade': 'admin',
  'PATCH /api/v1/billing/resources/{type}/{id}/subscriptions/upgrade': 'admin',
  'POST /api/v1/billing/resources/{type}/{id}/subscriptions/cancel': 'owner',
  'GET /api/v1/billing/customer': 'member',
  'POST /api/v1/billing/portal': 'owner',
  'GET /api/v1/billing/payment_methods': 'owner',
  'PUT /api/v1/billing/payment_methods/{id}/set_as_default': 'owner',
  'DELETE /api/v1/billing/payment_methods/{id}': 'owner',
};

describe("a customer's pages, every route with every token", () => {
  let shop: StripeShop;
  let routes: string[];
  beforeAll(async () => {
    shop = await openStripeShop();
    await customerOf(shop, 'ada');
    const document = (await (await fetch(`${shop.florin.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    routes = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/api/v1/billing/'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  });
  afterAll(() => shop.stop());

  const ask = (call: Caller, route: string) => {
    const [method = '', path = ''] = route.split(' ');
    return call(
      method as Method,
      path.replaceAll(/\{\w+\}/g, 'unknown'),
      method === 'GET' || method === 'DELETE' ? undefined : {},
    );
  };

  it('are all known', () => {
    expect(routes.filter((route) => !(route in lowestRole))).toEqual([]);
    expect(routes.length).toBeGreaterThanOrEqual(13);
  });

  it("open to nobody without a session: neither without a token, nor with the vendor's key, nor the operator's", async () => {
    for (const route of routes)
      for (const call of [shop.florin.as('no-token-at-all'), shop.tenant.call, shop.florin.operator])
        expect([route, (await ask(call, route)).status]).toEqual([route, 401]);
  });

  it.each(roles)('open to a %s as far as the role goes', async (role) => {
    const call = await shop.person('ada', role);
    for (const route of routes) {
      const { status } = await ask(call, route);
      const mayEnter = roles.indexOf(role) >= roles.indexOf(lowestRole[route] ?? 'owner');
      expect([route, status === 403]).toEqual([route, !mayEnter]);
      expect([route, status]).not.toEqual([route, 401]);
      expect([route, status < 500]).toEqual([route, true]);
    }
  });
});
