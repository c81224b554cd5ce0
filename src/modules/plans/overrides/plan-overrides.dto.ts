import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { type ChargeModelName, chargeModels } from '../../../domain/pricing/charge-model.ts';
import { IsAmountCents, IsCurrencyCode, IsKey, IsRequiredText, IsText } from '../../../platform/http/validators.ts';
import { ChargeFilterInput, type PropertiesInput } from '../charges/charge.dto.ts';
import { FixedChargeInput } from '../fixed-charges/fixed-charge.dto.ts';
import { MinimumCommitmentInput } from '../plan.dto.ts';

const unsupported = { message: 'unsupported_value' };

/** Another price for a charge of the plan, named by its id or code. What is absent stays. */
export class ChargeOverrideInput {
  @IsOptional()
  @IsUUID()
  id?: string;
  @IsOptional()
  @IsKey()
  code?: string;
  /** What the charge has; a charge never changes its metric. */
  @IsOptional()
  @IsUUID()
  billable_metric_id?: string;
  /** What the charge has; another price is no other model. */
  @IsOptional()
  @IsIn(chargeModels, unsupported)
  charge_model?: ChargeModelName;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsAmountCents()
  min_amount_cents?: bigint;
  @IsOptional()
  @IsObject()
  properties?: PropertiesInput;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ChargeFilterInput)
  filters?: ChargeFilterInput[] | null;
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
}

/** Other units or another price for a fixed charge of the plan, named by its id or code. What is absent stays. */
export class FixedChargeOverrideInput extends FixedChargeInput {
  @IsOptional()
  @IsUUID()
  id?: string;
}

/** What one subscription pays instead of what its plan says; what is absent stays as the plan has it. */
export class PlanOverridesInput {
  @ValidateIf((_, value) => value !== undefined)
  @IsAmountCents()
  amount_cents?: bigint;
  /** Not of a subscription that runs. */
  @ValidateIf((_, value) => value !== undefined)
  @IsCurrencyCode()
  amount_currency?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsRequiredText()
  name?: string;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsText()
  description?: string | null;
  /** Whole days; a trial that began keeps its length. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3650)
  trial_period?: number | null;
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
  /** Null, or an amount of 0, is none. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MinimumCommitmentInput)
  minimum_commitment?: MinimumCommitmentInput | null;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ChargeOverrideInput)
  charges?: ChargeOverrideInput[];
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => FixedChargeOverrideInput)
  fixed_charges?: FixedChargeOverrideInput[];
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  usage_thresholds?: [];
}
