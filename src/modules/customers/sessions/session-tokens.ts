import { createSecretKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { SessionLookup } from '../../../platform/auth/auth.guard.ts';
import { type Role, roles, type Session } from '../../../platform/auth/principal.ts';
import { SigningSecret } from '../../../platform/auth/signing-secret.ts';
import { Clock } from '../../../platform/clock/clock.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { isId } from '../../../platform/database/ids.ts';
import { shownOnce } from '../../../platform/idempotency/attempt.ts';

/** Long enough for a visit to the billing page, short enough that a lost token is soon worthless: it cannot be revoked. */
const validForSeconds = 15 * 60;
const issuer = 'florin';
const audience = 'customer';

/** Without a page of its own the installation's is meant. */
export type NewSession = Omit<Session, 'returnUrl'> & { readonly returnUrl: string | null };

/** Tokens that open one customer's billing pages: JWT, HMAC-SHA-256, by the wall clock. */
@Injectable()
export class SessionTokens implements SessionLookup {
  constructor(
    private readonly secrets: SigningSecret,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async issue({ organizationId, holderId, subject, role, returnUrl }: NewSession): Promise<{ token: string; expiresAt: Date }> {
    const issuedAt = Math.floor(this.clock.now().epochMilliseconds / 1000);
    const expiresAt = issuedAt + validForSeconds;
    const token = await new SignJWT({
      org: organizationId,
      customer: holderId,
      role,
      ...(returnUrl === null ? {} : { return_url: returnUrl }),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign((await this.keys())[0] as KeyObject);
    return { token: shownOnce(token), expiresAt: new Date(expiresAt * 1000) };
  }

  async find(token: string): Promise<Session | undefined> {
    const currentDate = new Date(this.clock.now().epochMilliseconds);
    for (const key of await this.keys()) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], issuer, audience, currentDate });
        return sessionOf(payload, this.config.billingPageUrl);
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error;
      }
    }
    return undefined;
  }

  /** The first signs, all of them open. */
  private async keys(): Promise<KeyObject[]> {
    const configured = this.config.sessionSecrets.map((secret) => Buffer.from(secret));
    return (configured.length > 0 ? configured : [await this.secrets.of('customer_session')]).map((secret) =>
      createSecretKey(secret),
    );
  }
}

/** What we signed is what we wrote; anything else is a token for something else. */
function sessionOf({ org, customer, sub, role, return_url: url }: Record<string, unknown>, page: string): Session | undefined {
  const known = roles.find((candidate): candidate is Role => candidate === role);
  if (typeof org !== 'string' || typeof customer !== 'string' || typeof sub !== 'string' || !known) return undefined;
  const returnUrl = typeof url === 'string' ? url : page;
  return isId(org) && isId(customer)
    ? { organizationId: org, holderId: customer, subject: sub, role: known, returnUrl }
    : undefined;
}
