import { randomBytes } from 'node:crypto';
import { hashKey } from '../../platform/auth/auth.guard.ts';
import type { Role } from '../../platform/auth/principal.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { shownOnce } from '../../platform/idempotency/attempt.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { ApiKeyRow } from './api-key.entity.ts';
import { presentApiKey } from './organization.presenter.ts';

export interface ApiKeyToIssue {
  readonly organizationId: string;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: Date | null;
  readonly at: Date;
  /** A key chosen by the operator (bootstrap); otherwise a random one of 256 bits. */
  readonly key?: string;
}

/** Stores the key's hash and returns the key itself, this one time. */
export async function issueApiKey(tx: Tx, input: ApiKeyToIssue): Promise<{ row: ApiKeyRow; key: string }> {
  const key = input.key ?? shownOnce(`flr_${randomBytes(32).toString('base64url')}`);
  const row: ApiKeyRow = {
    organizationId: input.organizationId,
    id: newId(),
    name: input.name,
    role: input.role,
    keyHash: hashKey(key),
    keyHint: key.slice(-4),
    expiresAt: input.expiresAt,
    lastUsedAt: null,
    revokedAt: null,
    createdAt: input.at,
  };
  await tx.insert(ApiKeyRow, row);
  await tell(tx, row.organizationId, input.at, [
    { objectType: 'api_key', objectId: row.id, type: 'api_key.created', payload: presentApiKey(row) },
  ]);
  return { row, key };
}
