import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type AuthenticatedRequest, type Door, doorKey } from '../auth/principal.ts';
import { type RateCategory, rateCategoryKey } from './rate-categories.ts';
import { RateLimits, type Verdict } from './rate-limits.ts';

/** Runs after the guard that knows the caller; what that one refuses is counted by address (`auth`). */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly rateLimits: RateLimits,
  ) {}

  /** @throws BillingError too_many_requests, with Retry-After */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const door = this.reflector.getAllAndOverride<Door | undefined>(doorKey, targets) ?? 'tenant';
    const category =
      this.reflector.getAllAndOverride<RateCategory | undefined>(rateCategoryKey, targets) ?? categoryOf(door, request.method);
    const verdict = await this.rateLimits.count(category, callerOf(request));
    if (verdict) answerWith(http.getResponse<FastifyReply>(), category, verdict);
    return true;
  }
}

function categoryOf(door: Door, method: string): RateCategory {
  if (door === 'session') return 'billing';
  if (door !== 'tenant') return door;
  return method === 'GET' ? 'read' : 'write';
}

const callerOf = ({ principal, session, ip }: AuthenticatedRequest): string =>
  principal ? `key ${principal.keyId}` : session ? `session ${session.holderId} ${session.subject}` : `address ${ip}`;

/** The names people know (`X-RateLimit-*`) and those of the IETF draft. @throws BillingError too_many_requests */
export function answerWith(reply: FastifyReply, category: RateCategory, verdict: Verdict): void {
  const { limit, remaining, resetSeconds, allowed } = verdict;
  void reply.headers({
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': resetSeconds,
    'x-ratelimit-type': category,
    ratelimit: `"${category}";r=${remaining};t=${resetSeconds}`,
    'ratelimit-policy': `"${category}";q=${limit};w=60`,
  });
  if (allowed) return;
  void reply.header('retry-after', resetSeconds);
  throw new BillingError('too_many_requests');
}
