import { Type } from 'class-transformer';
import { ArrayMaxSize, Equals, IsBoolean, IsIn, IsObject, IsOptional, IsUUID, ValidateIf, ValidateNested } from 'class-validator';
import { IsDecimal, IsKey, IsText } from '../../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

export class FixedPropertiesInput {
  /** Major units for one unit; the add-on's own amount by default. */
  @IsOptional()
  @IsDecimal()
  amount?: string;
}

export class FixedChargeInput {
  /** By id or by code; the id wins. */
  @IsOptional()
  @IsUUID()
  add_on_id?: string;
  @IsOptional()
  @IsKey()
  add_on_code?: string;
  @IsOptional()
  @IsKey()
  code?: string | null;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsIn(['standard'], unsupported)
  charge_model?: 'standard';
  /** 0 by default, as Lago. */
  @ValidateIf((_, value) => value !== undefined)
  @IsDecimal()
  units?: string;
  @ValidateIf((item: FixedChargeInput) => item.properties !== undefined && (item.charge_model ?? 'standard') === 'standard')
  @IsObject()
  @ValidateNested()
  @Type(() => FixedPropertiesInput)
  properties?: FixedPropertiesInput;
  @IsOptional()
  @IsBoolean()
  prorated?: boolean;
  @IsOptional()
  @Equals(false, unsupported)
  pay_in_advance?: false;
  @IsOptional()
  @Equals(false, unsupported)
  apply_units_immediately?: false;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  tax_codes?: [];
  /** Plans have no copies of their own to follow them, so both answers mean the same. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}

/** A fixed charge in the list of a plan: one the plan has (by id or code) or a new one. */
export class ListedFixedChargeInput extends FixedChargeInput {
  @IsOptional()
  @IsUUID()
  id?: string;
}
