import { RequestMethod, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Florin, startFlorin } from '../support/florin.ts';

/** Every route of every controller, as `GET /api/v1/plans/{code}`. */
function routesOf(app: NestFastifyApplication): string[] {
  const { container } = app as unknown as {
    container: { getModules(): Map<string, { controllers: Map<unknown, { metatype: Type<object> }> }> };
  };
  return [...container.getModules().values()].flatMap(({ controllers }) =>
    [...controllers.values()].flatMap(({ metatype }) => {
      const { prototype } = metatype as { prototype: Record<string, object> };
      const base = Reflect.getMetadata('path', metatype) as string;
      return Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        if (name === 'constructor' || typeof handler !== 'function') return [];
        const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
        if (method === undefined) return [];
        const paths = [Reflect.getMetadata('path', handler) as string | string[]].flat();
        return paths.map((path) => {
          const whole = `/${base}/${path}`.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
          return `${RequestMethod[method]} ${whole.replaceAll(/:(\w+)/g, '{$1}')}`;
        });
      });
    }),
  );
}

interface Operation {
  tags?: string[];
  security?: object[];
  parameters?: { name?: string; in?: string; $ref?: string }[];
  requestBody?: { content: { 'application/json': { schema: { properties: Record<string, { $ref: string }> } } } };
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Record<string, object>; required?: string[] }> };
}

describe('the description of the API', () => {
  let florin: Florin;
  let document: Document;
  beforeAll(async () => {
    florin = await startFlorin();
    document = (await (await fetch(`${florin.url}/openapi.json`)).json()) as Document;
  });
  afterAll(() => florin.stop());

  it('is OpenAPI 3.1 and holds every route of every controller', () => {
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = routesOf(florin.app);
    expect(routes.length).toBeGreaterThan(20);
    expect(described.toSorted()).toEqual(routes.toSorted());
  });

  it('sorts routes under the names of the rooms', () => {
    const tags = new Set(Object.values(document.paths).flatMap((item) => Object.values(item).flatMap(({ tags = [] }) => tags)));
    expect([...tags]).toEqual(expect.arrayContaining(['BillingEntities', 'Organizations', 'Operations']));
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(item))
        expect([path, method, operation.tags?.length]).toEqual([path, method, 1]);
  });

  it('takes what a body holds from the validators', () => {
    const create = document.paths['/api/v1/billing_entities']?.['post'];
    expect(create?.requestBody?.content['application/json'].schema.properties).toEqual({
      billing_entity: { $ref: '#/components/schemas/CreateBillingEntityInput' },
    });
    const { properties, required } = document.components.schemas['CreateBillingEntityInput'] ?? {};
    expect(required?.toSorted()).toEqual(['code', 'name']);
    expect(properties).toMatchObject({
      code: { type: 'string', maxLength: 255 },
      country: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2 code' },
      net_payment_term: { type: 'integer', minimum: 0, maximum: 3650 },
      tax_codes: { type: 'array', items: { type: 'string' } },
      billing_configuration: { $ref: '#/components/schemas/BillingConfigurationInput' },
    });
  });

  it('names every schema it refers to', () => {
    const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
    for (const [name, schema] of Object.entries(document.components.schemas))
      for (const [field, property] of Object.entries(schema.properties))
        expect([name, field, Object.keys(property).length > 0]).toEqual([name, field, true]);
  });

  it('says which key opens what', () => {
    expect(document.paths['/health/live']?.['get']?.security).toEqual([]);
    expect(document.paths['/api/v1/taxes']?.['get']?.security).toEqual([{ tenant: [] }]);
    expect(document.paths['/api/v1/webhooks/stripe']?.['post']?.security).toEqual([]);
    expect(document.paths['/api/v1/workers/health']?.['get']?.security).toEqual([]);
    expect(document.paths['/api/v1/billing/subscriptions']?.['get']?.security).toEqual([{ session: [] }]);
    expect(JSON.stringify(document)).not.toContain('x-door');
    expect(document.paths['/admin/v1/organizations']?.['get']?.security).toEqual([{ operator: [] }]);
  });

  it('describes query parameters and the idempotency key', () => {
    const list = document.paths['/api/v1/taxes']?.['get']?.parameters ?? [];
    expect(list.filter((parameter) => parameter.in === 'query').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['page', 'per_page']),
    );
    expect(document.paths['/api/v1/taxes']?.['post']?.parameters).toContainEqual({
      $ref: '#/components/parameters/IdempotencyKey',
    });
  });

  it('can be browsed without any other host, under the policy it is served with', async () => {
    const page = await fetch(`${florin.url}/docs`);
    expect(page.status).toBe(200);
    const html = await page.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      expect(source).toMatch(/^\.\//);
      const file = await fetch(new URL(source, `${florin.url}/docs`));
      expect([file.status, (await file.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    }
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(html).not.toMatch(/<script>(?!\s*<\/script>)/);
  });
});
