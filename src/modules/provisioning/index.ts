export { BeginProvisioning } from './begin-provisioning.ts';
export type { PaidSubscriptions } from './paid-subscriptions.ts';
export { ProvisioningModule } from './provisioning.module.ts';
