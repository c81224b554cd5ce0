import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../../platform/auth/principal.ts';
import { defaultFeatureFlags } from '../../platform/feature-flags/flags.ts';
import { Payload } from '../../platform/http/payload.ts';
import { CreateOrganizationInput, presentApiKey, presentOrganization } from '../organizations/index.ts';
import { OpenOrganization } from './open-organization.ts';

@ApiTags('Organizations')
@OperatorOnly()
@Controller('admin/v1/organizations')
export class OpeningController {
  constructor(private readonly openOrganization: OpenOrganization) {}

  /** The key is shown this once. */
  @Post()
  @HttpCode(200)
  async create(@Payload('organization') input: CreateOrganizationInput) {
    const { organization, apiKey, key } = await this.openOrganization.execute({
      name: input.name,
      mode: input.mode === 'test' ? 'TEST' : 'LIVE',
      featureFlags: input.feature_flags ?? defaultFeatureFlags,
    });
    return { organization: { ...presentOrganization(organization), api_key: { ...presentApiKey(apiKey), key } } };
  }
}
