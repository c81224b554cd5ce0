import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { type AuthenticatedRequest, type Door, doorKey } from '../auth/principal.ts';
import { Clock, dateOf } from '../clock/clock.ts';
import { errorBodyOf } from '../http/error.filter.ts';
import { rawBodyOf } from '../http/raw-body.ts';
import { toJson } from '../http/strict-json.ts';
import { log } from '../logging/log.ts';
import { Attempt, type ClaimedKey } from './attempt.ts';
import { type IdempotentRequest, IdempotencyStore, type StoredAnswer } from './idempotency.store.ts';
import { opened } from './seal.ts';

const renewEveryMs = 20_000;
const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

interface Keyed extends IdempotentRequest {
  /** What the caller proved itself with. */
  readonly secret: string;
}

/**
 * `Idempotency-Key` on every writing route but the public ones: the same key and body get the stored answer. Refusals are answers
 * too; failures on our side, conflicts and rate limits are not: they resume, and what a lost attempt committed is not done again.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws BillingError idempotency_key_reused, idempotency_key_in_flight, idempotency_answer_lost, validation_errors (a key that is
   * none)
   */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const door = this.reflector.getAllAndOverride<Door | undefined>(doorKey, [context.getHandler(), context.getClass()]);
    const keyed = readRequest(http.getRequest<AuthenticatedRequest>(), door);
    return keyed ? from(this.once(keyed, http.getResponse<FastifyReply>(), next)) : next.handle();
  }

  private async once(request: Keyed, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const claim = await this.store.claim(request, this.now());
    switch (claim.outcome) {
      case 'reused':
        throw new BillingError('idempotency_key_reused');
      case 'in_flight':
        throw new BillingError('idempotency_key_in_flight');
      case 'answered':
        return replay(claim.answer, request.secret, reply);
      case 'claimed':
        return this.attempt(claim.key, new Attempt(claim.key, request.secret), reply, next);
    }
  }

  private async attempt(key: ClaimedKey, attempt: Attempt, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const renewal = setInterval(() => void this.quietly(this.store.renew(key, this.now())), renewEveryMs).unref();
    const answered = (status: number, text: string): Promise<void> =>
      this.quietly(this.store.save(key, { status, body: attempt.sealIfSecret(Buffer.from(text)) }));
    try {
      const answer: unknown = await attempt.run(() => firstValueFrom(next.handle(), { defaultValue: undefined }));
      await answered(reply.statusCode, textOf(answer));
      return answer;
    } catch (cause) {
      const error = truthAbout(cause, attempt);
      const body = errorBodyOf(error);
      const resumes = body.status >= 500 || body.status === 409 || body.status === 429;
      await (resumes ? this.quietly(this.store.release(key)) : answered(body.status, toJson(body)));
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

/** A refusal because of what an earlier attempt of the same request did is not the request's answer. */
const truthAbout = (error: unknown, attempt: Attempt): unknown =>
  error instanceof BillingError && attempt.isAstray
    ? new BillingError('idempotency_answer_lost', undefined, { cause: error })
    : error;

/** @throws BillingError idempotency_key_reused when the answer shows a secret that was made for another caller */
function replay({ status, body }: StoredAnswer, secret: string, reply: FastifyReply): string {
  const bytes = opened(body, secret);
  if (!bytes) throw new BillingError('idempotency_key_reused');
  void reply.status(status).header('idempotent-replayed', 'true').header('content-type', 'application/json; charset=utf-8');
  return bytes.toString();
}

function readRequest(request: AuthenticatedRequest, door: Door | undefined): Keyed | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || door === 'public' || !writing.has(request.method)) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw invalid({ idempotency_key: ['value_is_invalid'] });
  const fingerprint = createHash('sha256').update(`${request.method} ${request.url}\n`).update(rawBodyOf(request)).digest();
  const secret = request.headers.authorization ?? '';
  const { session, principal } = request;
  // Two holders may choose the same key; neither ever gets the other's answer.
  if (session) return { organizationId: session.organizationId, key: `${session.holderId} ${key}`, fingerprint, secret };
  return { organizationId: principal?.organizationId ?? null, key, fingerprint, secret };
}

/** What goes over the wire: a handler may have printed its answer itself. */
const textOf = (answer: unknown): string => (typeof answer === 'string' ? answer : answer === undefined ? '' : toJson(answer));
