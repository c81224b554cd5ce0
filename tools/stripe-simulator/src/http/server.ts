import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { parse } from 'qs';
import type { Faults, RequestFault } from '../deliver/faults.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { modernForm } from '../versions/older-parameters.ts';
import { olderShape } from '../versions/older-shape.ts';
import type { Api, Route } from './api.ts';
import { bodyOf, Refusal } from './errors.ts';
import type { Expander } from './expand.ts';
import { type Answer, KeptAnswers } from './idempotency.ts';
import { type Form, readParameters } from './parameters.ts';
import { type RateLimiter, tooManyRequests } from './rate-limit.ts';
import type { Requests } from './requests.ts';

const readForm = (text: string): Form =>
  parse(text, { depth: 12, arrayLimit: 1000, parameterLimit: 20_000, plainObjects: true }) as Form;

const formOf = (request: FastifyRequest): Form => ({
  ...(request.query as Form),
  ...(request.body as { form?: Form } | null)?.form,
});

/** What the requests of one server share. */
export interface Desk {
  readonly world: World;
  readonly expander: Expander;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly requests: Requests;
}

/** Stripe's API over HTTP: one door for all routes, so that keys, faults, limits and refusals are the same everywhere. */
export function createServer(api: Api, desk: Desk): FastifyInstance {
  const server = Fastify({
    bodyLimit: 8 * 1024 * 1024,
    forceCloseConnections: true,
    routerOptions: { querystringParser: readForm, ignoreTrailingSlash: true },
  });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, { form: readForm(String(body)), text: String(body) }),
  );
  const kept = new KeptAnswers();
  for (const route of api.routes)
    server.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => new Visit(desk, kept, route, request, reply).run(),
    });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${request.method}: ${request.url.split('?')[0]}). Please see https://docs.stripe.com or we can help at https://support.stripe.com/.`,
      },
    }),
  );
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(error.statusCode ?? 500, {
            type: (error.statusCode ?? 500) < 500 ? 'invalid_request_error' : 'api_error',
            message: error.message,
          });
    if (!(error instanceof Refusal) && refusal.status >= 500) process.stderr.write(`${error.stack}\n`);
    return reply.code(refusal.status).headers(refusal.headers).send(bodyOf(refusal));
  });
  return server;
}

/** One request on its way through the door. */
class Visit {
  private readonly id = newId('req');
  private readonly key: string | null;
  private readonly print: string;

  constructor(
    private readonly desk: Desk,
    private readonly kept: KeptAnswers,
    private readonly route: Route,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {
    const header = request.headers['idempotency-key'];
    this.key = route.method === 'POST' && typeof header === 'string' ? header : null;
    this.print = `${request.method} ${request.url} ${(request.body as { text?: string } | null)?.text ?? ''}`;
    reply.header('request-id', this.id);
    reply.header('stripe-version', this.version());
    if (this.key) reply.header('idempotency-key', this.key);
  }

  private version(): string {
    return String(this.request.headers['stripe-version'] ?? this.desk.world.apiVersion);
  }

  /** Answers, and remembers what was asked. */
  async run(): Promise<object | FastifyReply> {
    let status = 500;
    try {
      const answer = await this.answer();
      status = this.request.raw.socket.destroyed ? 0 : this.reply.statusCode;
      return answer;
    } catch (error) {
      if (error instanceof Refusal) status = error.status;
      throw error;
    } finally {
      const { method, url, body } = this.request;
      const form = (body as { text?: string } | null)?.text ?? '';
      this.desk.requests.keep({ method, url, form, idempotencyKey: this.key, status });
    }
  }

  private async answer(): Promise<object | FastifyReply> {
    requireKey(this.request.headers.authorization);
    this.desk.limiter.take(`${this.route.method} ${this.route.path}`);
    const fault = this.desk.faults.ofRequest(this.request.method, this.request.url.split('?')[0] ?? '');
    if (fault?.kind === 'reset' && fault.when === 'before') return this.cut();
    const before = this.key ? this.kept.find(this.key, this.print) : undefined;
    if (this.key && !before) this.kept.begin(this.key, this.print);
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const answer = before ?? this.answered(fault);
    if (fault?.kind === 'reset') return this.cut();
    return this.reply.code(answer.status).headers(answer.headers).send(answer.body);
  }

  private cut(): FastifyReply {
    this.reply.hijack();
    this.request.raw.socket.destroy();
    return this.reply;
  }

  /** Does the work, or refuses; both are kept under the key, unless the refusal came before the work. */
  private answered(fault: RequestFault | undefined): Answer {
    try {
      if (fault?.kind === 'status') throw faultOf(fault);
      const answer = { status: 200, body: this.work(), headers: {} };
      if (this.key) this.kept.keep(this.key, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal) || !this.key) throw error;
      const { status, headers } = error;
      const answer = { status, headers, body: bodyOf(error) };
      if (status === 402 || status >= 500) this.kept.keep(this.key, answer);
      else this.kept.release(this.key);
      return answer;
    }
  }

  private work(): object {
    const { world, expander } = this.desk;
    const named = this.request.headers['stripe-version'];
    const form = modernForm(this.route.parameters, formOf(this.request), typeof named === 'string' ? named : undefined);
    const params = readParameters(this.route.parameters, form);
    const { id = '', part = '' } = this.request.params as { id?: string; part?: string };
    world.request = { id: this.id, idempotency_key: this.key };
    try {
      const answer = this.route.answer({ params: params as never, id, part });
      const { expand = [] } = params as { expand?: string[] };
      return olderShape(expander.expand(answer, expand), this.version(), world.store);
    } finally {
      world.request = null;
    }
  }
}

function requireKey(authorization: string | undefined): void {
  const [scheme = '', credentials = ''] = (authorization ?? '').split(' ');
  const key = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString().split(':')[0] : credentials;
  if (!key)
    throw new Refusal(401, {
      type: 'invalid_request_error',
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    });
  if (!/^(sk|rk)_test_/.test(key))
    throw new Refusal(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${key.slice(0, 8)}***` });
}

function faultOf({ status, retryAfterSeconds }: Extract<RequestFault, { kind: 'status' }>): Refusal {
  if (status !== 429) return new Refusal(status, { type: 'api_error', message: 'An unknown error occurred, as planned.' });
  return tooManyRequests('global-rate', retryAfterSeconds);
}
