import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CONFIG, type Config } from '../config/config.ts';
import { addLogContext } from '../logging/log.ts';
import { answerWith } from '../rate-limit/rate-limit.guard.ts';
import { RateLimits } from '../rate-limit/rate-limits.ts';
import { actAs } from './actor.ts';
import {
  type AuthenticatedRequest,
  type Door,
  doorKey,
  minimumRoleKey,
  type Principal,
  type Role,
  type Session,
} from './principal.ts';

/** Finds the organization of a key; implemented by the room that stores the keys. */
export interface KeyLookup {
  /** Undefined for an unknown, revoked or expired key. `hash` is SHA-256 of the key. */
  find(hash: Buffer): Promise<Principal | undefined>;
}
export const KEY_LOOKUP = Symbol('KEY_LOOKUP');

/** Reads the token of a session; implemented by the room whose people have sessions. */
export interface SessionLookup {
  /** Undefined for a token that is forged, expired or none. */
  find(token: string): Promise<Session | undefined>;
}
export const SESSION_LOOKUP = Symbol('SESSION_LOOKUP');

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

const rank: Readonly<Record<Role, number>> = { MEMBER: 1, ADMIN: 2, OWNER: 3 };

@Injectable()
export class AuthGuard implements CanActivate {
  private readonly operatorHash: Buffer | undefined;

  constructor(
    private readonly reflector: Reflector,
    @Inject(KEY_LOOKUP) private readonly keys: KeyLookup,
    @Inject(SESSION_LOOKUP) private readonly sessions: SessionLookup,
    private readonly rateLimits: RateLimits,
    @Inject(CONFIG) config: Config,
  ) {
    this.operatorHash = config.adminApiKey === undefined ? undefined : hashKey(config.adminApiKey);
  }

  /**
   * Refused callers are counted by their address; one that was refused too often is not listened to for the rest of its minute.
   * @throws BillingError unauthorized (no or unknown key), forbidden (the key's role is too low), too_many_requests
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const door = this.reflector.getAllAndOverride<Door | undefined>(doorKey, targets) ?? 'tenant';
    if (door === 'public') return true;
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const address = `address ${http.getRequest<AuthenticatedRequest>().ip}`;
    const refusal = this.rateLimits.refusalOf('auth', address);
    if (refusal) answerWith(reply, 'auth', refusal);
    try {
      return await this.admit(context, door);
    } catch (error) {
      if (!(error instanceof BillingError) || error.code !== 'unauthorized') throw error;
      const verdict = await this.rateLimits.count('auth', address);
      if (verdict) answerWith(reply, 'auth', verdict);
      throw error;
    }
  }

  private async admit(context: ExecutionContext, door: Door): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = /^Bearer ([\x21-\x7e]{1,1500})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) throw new BillingError('unauthorized');
    const hash = hashKey(key);
    if (door === 'operator') {
      if (!this.operatorHash || !timingSafeEqual(hash, this.operatorHash)) throw new BillingError('unauthorized');
      actAs({ type: 'operator', id: null, address: request.ip });
      return true;
    }
    const caller = door === 'session' ? await this.sessions.find(key) : await this.keys.find(hash);
    if (!caller) throw new BillingError('unauthorized');
    const minimum =
      this.reflector.getAllAndOverride<Role | undefined>(minimumRoleKey, targets) ??
      (request.method === 'GET' ? 'MEMBER' : 'ADMIN');
    addLogContext({ organization_id: caller.organizationId });
    if (rank[caller.role] < rank[minimum]) throw new BillingError('forbidden');
    if ('holderId' in caller) {
      request.session = caller;
      actAs({ type: 'session', id: caller.subject, address: request.ip });
    } else {
      request.principal = caller;
      actAs({ type: 'api_key', id: caller.keyId, address: request.ip });
    }
    return true;
  }
}
