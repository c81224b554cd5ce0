import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KeyLookup } from '../../platform/auth/auth.guard.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { readStatement } from '../../platform/database/sql.ts';

interface KnownKey {
  readonly principal: Principal | undefined;
  readonly readAt: number;
}

/** How long a revoked key may still be let in by another process: docs/operations.md promises no less. */
const freshForMs = 2_000;
const maxKnownKeys = 10_000;

const findKey = {
  name: 'api_keys.find',
  text: `update api_keys set last_used_at = $2 where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
    returning organization_id, id, role`,
};

/** Keys by hash, remembered for two seconds so that ingestion does not pay a statement a request. */
@Injectable()
export class ApiKeyLookup implements KeyLookup {
  private readonly known = new Map<string, KnownKey>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async find(hash: Buffer): Promise<Principal | undefined> {
    const cacheKey = hash.toString('base64');
    const now = this.clock.now();
    const known = this.known.get(cacheKey);
    if (known && now.epochMilliseconds - known.readAt < freshForMs) return known.principal;
    const [row] = await readStatement<{ organization_id: string; id: string; role: Principal['role'] }>(
      this.dataSource,
      findKey,
      [hash, new Date(now.epochMilliseconds)],
    );
    const principal = row && { organizationId: row.organization_id, keyId: row.id, role: row.role };
    if (this.known.size >= maxKnownKeys) this.known.clear();
    // Unknown keys are not remembered: a key made a moment ago works at once.
    if (principal) this.known.set(cacheKey, { principal, readAt: now.epochMilliseconds });
    else this.known.delete(cacheKey);
    return principal;
  }

  /** Called by the verb that revokes a key, so that this process refuses it at once. */
  forget(hash: Buffer): void {
    this.known.delete(hash.toString('base64'));
  }
}
