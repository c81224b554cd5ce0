import { Global, Module } from '@nestjs/common';
import { BeginProvisioning } from './begin-provisioning.ts';

/** Global: whoever learns that a subscription is paid begins its provisioning. */
@Global()
@Module({ providers: [BeginProvisioning], exports: [BeginProvisioning] })
export class ProvisioningModule {}
