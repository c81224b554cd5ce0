import { IsBoolean, IsDefined, IsOptional, ValidateIf } from 'class-validator';
import { IsDecimal, IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';

export class CreateTaxInput {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
  /** Percentage, 0 to 100, read exactly from its text. */
  @IsDefined()
  @IsDecimal()
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
  @IsDecimal()
  rate?: string;
  @IsOptional()
  @IsText()
  description?: string | null;
  @IsOptional()
  @IsBoolean()
  applied_to_organization?: boolean;
}
