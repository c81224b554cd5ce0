import { ArrayMaxSize, IsDefined, IsOptional, ValidateIf } from 'class-validator';
import { IsAmountCents, IsCurrencyCode, IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';

abstract class AddOnFields {
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsText()
  description?: string | null;
  @IsOptional()
  @ArrayMaxSize(0, { message: 'unsupported_value' })
  tax_codes?: [];
}

export class CreateAddOnInput extends AddOnFields {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
  @IsDefined()
  @IsAmountCents()
  amount_cents: bigint;
  @IsDefined()
  @IsCurrencyCode()
  amount_currency: string;
}

export class UpdateAddOnInput extends AddOnFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  code?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsRequiredText()
  name?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsAmountCents()
  amount_cents?: bigint;
  @ValidateIf((_, value) => value !== undefined)
  @IsCurrencyCode()
  amount_currency?: string;
}
