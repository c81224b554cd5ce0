import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { AdminProvisioningController } from './attempts/admin-provisioning.controller.ts';
import { BeginProvisioning } from './attempts/begin-provisioning.ts';
import { CustomerOperationsController } from './attempts/customer-operations.controller.ts';
import { CallbacksController } from './attempts/callbacks.controller.ts';
import { EndAttempt } from './attempts/end-attempt.ts';
import { HearProvisioner } from './attempts/hear-provisioner.ts';
import { ProvisioningWorker } from './attempts/provisioning.worker.ts';
import { RepeatProvisioning } from './attempts/repeat-provisioning.ts';
import { RequestResource } from './attempts/request-resource.ts';
import { SettleFailure } from './attempts/settle-failure.ts';
import { WorkOffProvisioning } from './attempts/work-off-provisioning.ts';
import { ProvisionersController } from './provisioners/provisioners.controller.ts';
import { CancelWithPeriod } from './resources/cancel-with-period.ts';
import { CustomerResourcesController } from './resources/customer-resources.controller.ts';
import { ResourcesController } from './resources/resources.controller.ts';
import { UpgradeResource } from './resources/upgrade-resource.ts';
import { SubscriptionsModule } from '../subscriptions/index.ts';
import { WriteProvisioner } from './provisioners/write-provisioner.ts';

/** Global: whoever learns that a subscription is paid begins its provisioning. */
@Global()
@Module({
  imports: [SubscriptionsModule],
  controllers: [
    AdminProvisioningController,
    CallbacksController,
    CustomerOperationsController,
    CustomerResourcesController,
    ProvisionersController,
    ResourcesController,
  ],
  providers: [
    BeginProvisioning,
    CancelWithPeriod,
    EndAttempt,
    HearProvisioner,
    RepeatProvisioning,
    RequestResource,
    SettleFailure,
    UpgradeResource,
    WorkOffProvisioning,
    WriteProvisioner,
  ],
  exports: [BeginProvisioning, CancelWithPeriod],
})
export class ProvisioningModule {
  /** `payments` exports PAID_SUBSCRIPTIONS. With the worker running, or without (operator commands, tests). */
  static register({ runsJobs, payments }: { runsJobs: boolean; payments: Type }): DynamicModule {
    return { module: ProvisioningModule, imports: [payments], providers: runsJobs ? [ProvisioningWorker] : [] };
  }
}
