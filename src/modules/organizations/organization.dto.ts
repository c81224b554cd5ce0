import { IsArray, IsDefined, IsIn, IsOptional, IsString } from 'class-validator';
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
  @IsString({ each: true })
  feature_flags?: string[];
}

export class UpdateOrganizationInput {
  @IsOptional()
  @IsText()
  name?: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  feature_flags?: string[];
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
