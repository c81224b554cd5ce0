import { isoOf } from '../../../platform/clock/clock.ts';
import { secretText } from '../../../platform/outbound/standard-webhook.ts';
import type { ProvisionerRow } from './provisioner.entity.ts';

export const presentProvisioner = (row: ProvisionerRow) => ({
  id: row.id,
  lago_id: row.id,
  resource_type: row.resourceType,
  kind: row.kind.toLowerCase(),
  url: row.url,
  deadline_seconds: row.deadlineSeconds,
  refund_on_failure: row.refundOnFailure,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});

/** With the secret, this once. */
export const presentWithSecret = (row: ProvisionerRow) => ({ ...presentProvisioner(row), secret: secretText(row.secret) });
