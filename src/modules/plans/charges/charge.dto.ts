import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEmpty,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsDecimal, IsKey, IsText } from '../../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

/** Properties of other models are not looked at: the model itself is refused. */
const isStandard = (item: { charge_model?: unknown }): boolean =>
  item.charge_model === undefined || item.charge_model === 'standard';

export class StandardPropertiesInput {
  /** Major units for one unit of usage, such as "0.002". */
  @IsDefined()
  @IsDecimal()
  amount: string;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  grouped_by?: [];
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  pricing_group_keys?: [];
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  presentation_group_keys?: [];
}

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
abstract class ChargeFields {
  @IsOptional()
  @IsKey()
  code?: string | null;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
  @IsOptional()
  @Equals(false, unsupported)
  pay_in_advance?: false;
  @IsOptional()
  @Equals(true, unsupported)
  invoiceable?: true;
  @IsOptional()
  @IsEmpty(unsupported)
  regroup_paid_fees?: null;
  @IsOptional()
  @Equals(false, unsupported)
  prorated?: false;
  @IsOptional()
  @Equals(0, unsupported)
  min_amount_cents?: 0;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  filters?: [];
  @IsOptional()
  @IsEmpty(unsupported)
  applied_pricing_unit?: null;
  @IsOptional()
  @Equals(false, unsupported)
  accepts_target_wallet?: false;
  /** Plans have no copies of their own to follow them, so both answers mean the same. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}

export class CreateChargeInput extends ChargeFields {
  @IsDefined()
  @IsUUID()
  billable_metric_id: string;
  @IsDefined()
  @IsIn(['standard'], unsupported)
  charge_model: 'standard';
  @ValidateIf(isStandard)
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => StandardPropertiesInput)
  properties: StandardPropertiesInput;
}

export class UpdateChargeInput extends ChargeFields {
  @IsOptional()
  @IsUUID()
  billable_metric_id?: string;
  @IsOptional()
  @IsIn(['standard'], unsupported)
  charge_model?: 'standard';
  @ValidateIf((item: UpdateChargeInput) => item.properties !== undefined && isStandard(item))
  @IsObject()
  @ValidateNested()
  @Type(() => StandardPropertiesInput)
  properties?: StandardPropertiesInput;
}

/** A charge in the list of a plan update: one the plan has (by id or code) or a new one. */
export class ListedChargeInput extends UpdateChargeInput {
  @IsOptional()
  @IsUUID()
  id?: string;
}
