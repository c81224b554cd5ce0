import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { Clock, dateOf } from '../clock/clock.ts';
import { errorBodyOf } from '../http/error.filter.ts';
import { rawBodyOf } from '../http/raw-body.ts';
import { toJson } from '../http/strict-json.ts';
import { log } from '../logging/log.ts';
import { type IdempotentRequest, IdempotencyStore } from './idempotency.store.ts';

const renewEveryMs = 20_000;
const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * `Idempotency-Key` on the tenant's writing routes: the same key and body get the stored answer. Refusals are
 * answers too; failures on our side, conflicts and rate limits are not, they resume.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {}

  /** @throws BillingError idempotency_key_reused, idempotency_key_in_flight, validation_errors (a key that is none) */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const idempotent = readRequest(http.getRequest<AuthenticatedRequest>());
    return idempotent ? from(this.once(idempotent, http.getResponse<FastifyReply>(), next)) : next.handle();
  }

  private async once(request: IdempotentRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const claim = await this.store.claim(request, this.now());
    switch (claim.outcome) {
      case 'reused':
        throw new BillingError('idempotency_key_reused');
      case 'in_flight':
        throw new BillingError('idempotency_key_in_flight');
      case 'answered':
        void reply
          .status(claim.answer.status)
          .header('idempotent-replayed', 'true')
          .header('content-type', 'application/json; charset=utf-8');
        return claim.answer.body;
      case 'claimed':
        return this.attempt(request, reply, next);
    }
  }

  private async attempt(request: IdempotentRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const renewal = setInterval(() => void this.quietly(this.store.renew(request, this.now())), renewEveryMs).unref();
    try {
      const answer: unknown = await firstValueFrom(next.handle(), { defaultValue: undefined });
      await this.quietly(this.store.save(request, { status: reply.statusCode, body: textOf(answer) }));
      return answer;
    } catch (error) {
      const body = errorBodyOf(error);
      const resumes = body.status >= 500 || body.status === 409 || body.status === 429;
      await this.quietly(
        resumes ? this.store.release(request) : this.store.save(request, { status: body.status, body: toJson(body) }),
      );
      throw error;
    } finally {
      clearInterval(renewal);
    }
  }

  /** The work is done and its answer is the truth, whether or not we can write it down. */
  private async quietly(bookkeeping: Promise<void>): Promise<void> {
    await bookkeeping.catch((error: unknown) => log.error('an idempotency key could not be updated', error));
  }

  private now(): Date {
    return dateOf(this.clock.now());
  }
}

function readRequest(request: AuthenticatedRequest): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  const caller = request.principal ?? request.session;
  if (key === undefined || !caller || !writing.has(request.method)) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid({ idempotency_key: ['value_is_invalid'] });
  const fingerprint = createHash('sha256').update(`${request.method} ${request.url}\n`).update(rawBodyOf(request)).digest();
  // Two holders may choose the same key; neither ever gets the other's answer.
  const own = request.session ? `${request.session.holderId} ${key}` : key;
  return { organizationId: caller.organizationId, key: own, fingerprint };
}

/** What goes over the wire: a handler may have printed its answer itself. */
const textOf = (answer: unknown): string => (typeof answer === 'string' ? answer : answer === undefined ? '' : toJson(answer));
