export { AttemptRow } from './attempts/attempt.entity.ts';
export { presentAttempt } from './attempts/attempt.presenter.ts';
export { latestAttempt } from './attempts/attempts.store.ts';
export { BeginProvisioning } from './attempts/begin-provisioning.ts';
export { WorkOffProvisioning } from './attempts/work-off-provisioning.ts';
export { PAID_SUBSCRIPTIONS, type PaidSubscriptions } from './paid-subscriptions.ts';
export { ProvisionerRow } from './provisioners/provisioner.entity.ts';
export { ProvisioningModule } from './provisioning.module.ts';
export { CancelWithPeriod } from './resources/cancel-with-period.ts';
