import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type BlockList, isIPv6 } from 'node:net';
import { type DynamicModule, UnsupportedMediaTypeException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CONFIG, type Config } from '../config/config.ts';
import { withUnknownActor } from '../auth/actor.ts';
import { log, withLogContext } from '../logging/log.ts';
import { FrameworkLogger } from '../logging/framework-logger.ts';
import { Metrics } from '../health/metrics.ts';
import { describeApi } from '../openapi/openapi.ts';
import { closeSilentConnections } from './close-silent-connections.ts';
import { answerBadPath, answerBrokenHttp } from './framework-errors.ts';
import { keepRawBody, rawBodyLimitBytes, wantsRawBody } from './raw-body.ts';
import { securityHeaders } from './security-headers.ts';
import { toJson } from './strict-json.ts';

/** Largest body: 1000 usage events of 4 KB. */
const bodyLimitBytes = 4 * 1024 * 1024;
/** Whoever sends slower is cut off: every connection that waits costs something. */
const headersWithinMs = 15_000;
const wholeRequestWithinMs = 30_000;

/** The HTTP application: strict JSON in, exact JSON out, a request id on everything; not yet listening. */
export async function createApp(module: DynamicModule): Promise<NestFastifyApplication> {
  // The adapter is made before the configuration can be asked for.
  let proxies: BlockList | undefined;
  const adapter = new FastifyAdapter({
    trustProxy: (address: string) => proxies?.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') ?? false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: wholeRequestWithinMs,
    http: { headersTimeout: headersWithinMs, connectionsCheckingInterval: 1_000 },
    requestIdHeader: false,
    // External ids have up to 255 characters, each up to 12 bytes when percent-encoded.
    routerOptions: { maxParamLength: 3_200 },
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerBrokenHttp,
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
    },
  });
  const fastify = adapter.getInstance();
  closeSilentConnections(fastify);
  const security = securityHeaders();
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(security).header('x-request-id', request.id);
    // No stored text holds a NUL, and PostgreSQL refuses to compare with one.
    const refusal = request.url.includes('%00') ? new BillingError('invalid_text') : undefined;
    withLogContext({ request_id: request.id }, () => withUnknownActor(() => done(refusal)));
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    log.debug('request', {
      request_id: request.id,
      method: request.method,
      path: request.routeOptions.url ?? '(no route)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
    done();
  });
  fastify.addHook('onRoute', (route) => {
    if (wantsRawBody(route)) route.bodyLimit = rawBodyLimitBytes;
  });
  fastify.setReplySerializer(toJson);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: new FrameworkLogger(),
    abortOnError: false,
  });
  proxies = app.get<Config>(CONFIG).trustedProxies;
  const metrics = app.get(Metrics);
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.observeRequest(request.method, request.routeOptions.url ?? '(no route)', reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    keepRawBody(request, body as Buffer);
    done(null);
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    keepRawBody(request, body as Buffer);
    done(wantsRawBody(request.routeOptions) ? null : new UnsupportedMediaTypeException());
  });
  describeApi(app);
  return app;
}
