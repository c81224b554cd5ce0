import { ArrayMaxSize, IsBoolean, IsIn, IsObject, IsOptional, IsUUID, ValidateIf } from 'class-validator';
import { IsDecimal, IsKey, IsText } from '../../../platform/http/validators.ts';
import type { PropertiesInput } from '../charges/charge.dto.ts';

const unsupported = { message: 'unsupported_value' };

/** Lago's fixed charges know these models only. */
export const fixedChargeModels = ['standard', 'graduated', 'volume'] as const;
export type FixedChargeModelName = (typeof fixedChargeModels)[number];

export class FixedChargeInput {
  /** By id or by code; the id wins. */
  @ValidateIf((_, value) => value !== undefined)
  @IsUUID()
  add_on_id?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  add_on_code?: string;
  @IsOptional()
  @IsKey()
  code?: string | null;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsIn(fixedChargeModels, unsupported)
  charge_model?: FixedChargeModelName;
  /** 0 by default, as Lago. */
  @ValidateIf((_, value) => value !== undefined)
  @IsDecimal()
  units?: string;
  /** A standard one costs the add-on's own amount by default. */
  @IsOptional()
  @IsObject()
  properties?: PropertiesInput;
  @IsOptional()
  @IsBoolean()
  prorated?: boolean;
  /** Whether it is billed when a period begins; cannot change once it is made. */
  @IsOptional()
  @IsBoolean()
  pay_in_advance?: boolean;
  /** Other units hold from the day they are asked for on; else from each subscription's next period on. */
  @IsOptional()
  @IsBoolean()
  apply_units_immediately?: boolean;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  tax_codes?: [];
  /** Whether subscriptions' own copies of the plan follow, in what they have as the plan had it. */
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
