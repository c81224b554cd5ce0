import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Door, doorExtension } from '../auth/principal.ts';
import { routeInputs } from '../http/payload.ts';
import { inputSchemas, type Schema } from './input-schemas.ts';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** `/openapi.json`, and `/docs` to browse it; both are built when first asked for, and nothing comes from another host. */
export function describeApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => apiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Florin API',
  });
}

/** The routes as Nest knows them, their inputs as the validators know them. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Florin')
    .setDescription('Billing: plans and usage in, exact invoices out. Lago clients work unmodified.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: "A tenant's API key" }, 'tenant')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: "A customer session's token" }, 'session')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'FLORIN_ADMIN_API_KEY' }, 'operator')
    .build();
  const document = SwaggerModule.createDocument(app, frame, {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
  const schemas = inputSchemas();
  const used = new Set<string>();
  for (const item of Object.values(document.paths))
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      describeInputs(operation, schemas, used);
      operation.security = takeSecurity(operation);
      operation.responses = { ...operation.responses, default: { $ref: '#/components/responses/Error' } };
      if (operation.security.length > 0 && method !== 'get')
        operation.parameters = [...(operation.parameters ?? []), { $ref: '#/components/parameters/IdempotencyKey' }];
    }
  return {
    ...document,
    components: {
      securitySchemes: document.components?.securitySchemes,
      schemas: Object.fromEntries([...withNested(used, schemas)].toSorted().map((name) => [name, schemas[name] ?? {}])),
      parameters: { IdempotencyKey: idempotencyKey },
      responses: { Error: errorResponse },
    } as OpenAPIObject['components'],
  };
}

/** By the door that the guard asks for, not by the path. */
function takeSecurity(operation: Operation): Record<string, string[]>[] {
  const { [doorExtension]: door = 'tenant' } = operation as { [doorExtension]?: Door };
  delete (operation as { [doorExtension]?: Door })[doorExtension];
  return door === 'public' ? [] : [{ [door]: [] }];
}

function describeInputs(operation: Operation, schemas: Readonly<Record<string, Schema>>, used: Set<string>): void {
  const inputs = routeInputs.get(operation.operationId ?? '') ?? [];
  for (const input of inputs) {
    const { name } = input.type;
    if (input.in === 'body') {
      used.add(name);
      const bare = { $ref: `#/components/schemas/${name}` };
      const wrapped = { type: 'object', properties: { [input.root]: bare }, required: [input.root] };
      operation.requestBody = { required: !input.optional, content: { 'application/json': { schema: wrapped } } };
    } else {
      const parameters = Object.entries(schemas[name]?.properties ?? {}).map(([field, schema]) => ({
        name: field,
        in: 'query' as const,
        schema,
      }));
      const others = (operation.parameters ?? []).filter((parameter) => !('in' in parameter) || parameter.in !== 'query');
      operation.parameters = [...others, ...parameters];
    }
  }
}

/** These schemas and all that they refer to. */
function withNested(names: Iterable<string>, schemas: Readonly<Record<string, Schema>>): Set<string> {
  const found = new Set<string>(names);
  for (const name of found)
    for (const [, nested = ''] of JSON.stringify(schemas[name] ?? {}).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      found.add(nested);
  return found;
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key and body get the stored answer, for 72 hours.',
  schema: { type: 'string', maxLength: 255 },
};

const errorResponse = {
  description: 'Every error has this shape; docs/errors.md says what each code means.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['status', 'error', 'code', 'request_id'],
        properties: {
          status: { type: 'integer' },
          error: { type: 'string' },
          code: { type: 'string' },
          error_details: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
          request_id: { type: ['string', 'null'] },
        },
      },
    },
  },
};
