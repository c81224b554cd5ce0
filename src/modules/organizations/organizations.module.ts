import { Global, Module } from '@nestjs/common';
import { KEY_LOOKUP } from '../../platform/auth/auth.guard.ts';
import { FLAG_SOURCE } from '../../platform/feature-flags/organization-flag-provider.ts';
import { ApiKeyLookup } from './key-lookup.ts';
import { OrganizationClock } from './organization-clock.ts';
import { OrganizationFlags } from './organization-flags.ts';
import { OrganizationsController } from './organizations.controller.ts';
import { RevokeApiKey } from './revoke-api-key.ts';
import { UpdateOrganization } from './update-organization.ts';

/** Global, because every door asks it who is calling and what time it is for them. */
@Global()
@Module({
  controllers: [OrganizationsController],
  providers: [
    ApiKeyLookup,
    { provide: KEY_LOOKUP, useExisting: ApiKeyLookup },
    { provide: FLAG_SOURCE, useClass: OrganizationFlags },
    OrganizationClock,
    RevokeApiKey,
    UpdateOrganization,
  ],
  exports: [KEY_LOOKUP, FLAG_SOURCE, OrganizationClock],
})
export class OrganizationsModule {}
