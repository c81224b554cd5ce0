import { IsBoolean, IsDefined, IsOptional, ValidateIf } from 'class-validator';
import { IsKey, IsPercentage, IsRequiredText, IsText } from '../../platform/http/validators.ts';

export class CreateTaxInput {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
  /** Percentage, 0 to 100, read exactly from its text. */
  @IsDefined()
  @IsPercentage()
  rate: string;
  @IsOptional()
  @IsText()
  description?: string | null;
  @IsOptional()
  @IsBoolean()
  applied_to_organization?: boolean;
}

export class UpdateTaxInput {
  @IsOptional()
  @IsKey()
  code?: string;
  @IsOptional()
  @IsText()
  name?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsPercentage()
  rate?: string;
  @IsOptional()
  @IsText()
  description?: string | null;
  @IsOptional()
  @IsBoolean()
  applied_to_organization?: boolean;
}
