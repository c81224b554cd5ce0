import { PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { IsKey } from '../../../platform/http/validators.ts';
import { UpdateChargeInput } from '../charges/charge.dto.ts';
import { FixedChargeInput } from '../fixed-charges/fixed-charge.dto.ts';
import { UpdatePlanInput } from '../plan.dto.ts';

/** The metric and the model are what the charge has: another price is no other charge. */
const overridable = [
  'billable_metric_id',
  'charge_model',
  'invoice_display_name',
  'min_amount_cents',
  'properties',
  'filters',
  'tax_codes',
] as const;

/** Another price for a charge of the plan, named by its id or code. What is absent stays. */
export class ChargeOverrideInput extends PickType(UpdateChargeInput, overridable) {
  @IsOptional()
  @IsUUID()
  id?: string;
  @IsOptional()
  @IsKey()
  code?: string;
}

/** Other units or another price for a fixed charge of the plan, named by its id or code. What is absent stays. */
export class FixedChargeOverrideInput extends FixedChargeInput {
  @IsOptional()
  @IsUUID()
  id?: string;
}

/** The currency is not of a subscription that runs; a trial that began keeps its length. */
const ofThePlan = [
  'amount_cents',
  'amount_currency',
  'name',
  'invoice_display_name',
  'description',
  'trial_period',
  'tax_codes',
  'minimum_commitment',
  'usage_thresholds',
] as const;

/** What one subscription pays instead of what its plan says; what is absent stays as the plan has it. */
export class PlanOverridesInput extends PickType(UpdatePlanInput, ofThePlan) {
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
}
