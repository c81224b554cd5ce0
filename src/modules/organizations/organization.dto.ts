import { IsArray, IsDefined, IsIn, IsOptional } from 'class-validator';
import { type FeatureFlagName, featureFlagNames } from '../../platform/feature-flags/flags.ts';
import { IsInstant, IsRequiredText, IsText } from '../../platform/http/validators.ts';

export class CreateOrganizationInput {
  @IsRequiredText()
  name: string;

  /** `test` organizations live on a virtual clock. */
  @IsOptional()
  @IsIn(['live', 'test'])
  mode?: 'live' | 'test';

  @IsOptional()
  @IsArray()
  @IsIn(featureFlagNames, { each: true, message: 'unknown_feature_flag' })
  feature_flags?: FeatureFlagName[];
}

export class UpdateOrganizationInput {
  @IsOptional()
  @IsText()
  name?: string;

  @IsOptional()
  @IsArray()
  @IsIn(featureFlagNames, { each: true, message: 'unknown_feature_flag' })
  feature_flags?: FeatureFlagName[];
}

export class CreateApiKeyInput {
  @IsRequiredText()
  name: string;

  @IsDefined()
  @IsIn(['owner', 'admin', 'member'])
  role: 'owner' | 'admin' | 'member';

  @IsOptional()
  @IsInstant()
  expires_at?: Date;
}
