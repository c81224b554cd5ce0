import { isoOf } from '../../platform/clock/clock.ts';
import type { ApiKeyRow } from './api-key.entity.ts';
import type { OrganizationRow } from './organization.entity.ts';

export const presentOrganization = (row: OrganizationRow) => ({
  id: row.id,
  lago_id: row.id,
  name: row.name,
  mode: row.mode.toLowerCase(),
  feature_flags: row.featureFlags,
  created_at: isoOf(row.createdAt),
});

export const presentApiKey = (row: ApiKeyRow) => ({
  id: row.id,
  lago_id: row.id,
  name: row.name,
  role: row.role.toLowerCase(),
  hint: `…${row.keyHint}`,
  expires_at: row.expiresAt && isoOf(row.expiresAt),
  last_used_at: row.lastUsedAt && isoOf(row.lastUsedAt),
  revoked_at: row.revokedAt && isoOf(row.revokedAt),
  created_at: isoOf(row.createdAt),
});
