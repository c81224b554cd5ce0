import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type ErrorCode, type ErrorDetails, statusByCode } from '../../domain/errors/error-codes.ts';
import { isDatabaseAway } from '../database/outage.ts';
import { databaseError } from '../database/unit-of-work.ts';
import { currentRequestId, log } from '../logging/log.ts';
import { answerWith } from '../rate-limit/rate-limit.guard.ts';
import { RateLimits } from '../rate-limit/rate-limits.ts';

export interface ErrorBody {
  status: number;
  error: string;
  code: ErrorCode;
  error_details?: ErrorDetails;
  request_id: string | null;
}

/** The one error shape (docs/errors.md): no stack, no SQL, no secret. */
export function errorBody(code: ErrorCode, details?: ErrorDetails): ErrorBody {
  const status = statusByCode[code];
  // RFC 9110 renamed 422 to "Unprocessable Content"; Lago's clients know the older words.
  const error = status === 422 ? 'Unprocessable Entity' : (STATUS_CODES[status] ?? 'Error');
  return { status, error, code, ...(details ? { error_details: details } : {}), request_id: currentRequestId() ?? null };
}

const codeByHttpStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'route_not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'service_unavailable',
};

/** Every error on its way out, framework errors included. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly rateLimits: RateLimits) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const body = await this.countStray(errorBodyOf(error), host);
    if (body.status >= 500 || refusalOfDatabase(error)) log.error('request failed', error);
    if ((body.status === 503 || body.status === 429) && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
    void reply.status(body.status).header('content-type', 'application/json; charset=utf-8').send(body);
  }

  /** No guard runs for a path that is none: whoever asks for such is counted here, by address. */
  private async countStray(body: ErrorBody, host: ArgumentsHost): Promise<ErrorBody> {
    if (body.code !== 'route_not_found') return body;
    const http = host.switchToHttp();
    const verdict = await this.rateLimits.count('public', `address ${http.getRequest<FastifyRequest>().ip}`);
    if (!verdict) return body;
    try {
      answerWith(http.getResponse<FastifyReply>(), 'public', verdict);
      return body;
    } catch (refusal) {
      return errorBodyOf(refusal);
    }
  }
}

/**
 * What PostgreSQL says of values that nobody refused before: out of its range or not of its type (class 22), taken or gone since it was
 * looked at (23505, 23503, 23P01), or held by somebody else for longer than we wait (40001, 40P01, 55P03).
 */
function refusalOfDatabase(error: unknown): BillingError | undefined {
  const { code = '' } = databaseError(error);
  if (code.startsWith('22')) return new BillingError('validation_errors', { base: ['value_is_out_of_range'] });
  return /^(23505|23503|23P01|40001|40P01|55P03)$/.test(code) ? new BillingError('conflict') : undefined;
}

/** What this error looks like from outside. */
export function errorBodyOf(error: unknown): ErrorBody {
  if (error instanceof BillingError) return errorBody(error.code, error.details);
  const refusal = refusalOfDatabase(error);
  if (refusal) return errorBody(refusal.code, refusal.details);
  const status =
    error instanceof HttpException ? error.getStatus() : ((error as { statusCode?: number } | null)?.statusCode ?? 500);
  const code = codeByHttpStatus[status];
  if (code) return errorBody(code);
  return errorBody(isDatabaseAway(error) ? 'service_unavailable' : 'internal_error');
}
