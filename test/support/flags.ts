import type { FeatureFlagName } from '../../src/platform/feature-flags/flags.ts';
import type { Florin, Tenant } from './florin.ts';

/** Gives the organization exactly these flags, as the operator does. */
export async function setFlags(florin: Florin, tenant: Tenant, flags: readonly FeatureFlagName[]): Promise<void> {
  const { status, body } = await florin.operator('PATCH', `/admin/v1/organizations/${tenant.id}`, { feature_flags: flags });
  if (status !== 200) throw new Error(`the flags did not change: ${JSON.stringify(body)}`);
}
