import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEmpty,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { type Interval, intervals } from '../../domain/calendar/billing-period.ts';
import { IsAmountCents, IsCurrencyCode, IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';
import { CreateChargeInput, ListedChargeInput } from './charges/charge.dto.ts';
import { ListedFixedChargeInput } from './fixed-charges/fixed-charge.dto.ts';

const unsupported = { message: 'unsupported_value' };

export class MinimumCommitmentInput {
  @IsOptional()
  @IsAmountCents()
  amount_cents?: bigint;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
}

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
abstract class PlanFields {
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsText()
  description?: string | null;
  /** Whole days; 0 by default. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3650)
  trial_period?: number | null;
  /** Taxes of everything billed by this plan, unless the charge says otherwise. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
  /** Whether the base price is billed when a period begins. */
  @IsOptional()
  @IsBoolean()
  pay_in_advance?: boolean | null;
  /** Of yearly and half-yearly plans: usage is billed every month. */
  @IsOptional()
  @IsBoolean()
  bill_charges_monthly?: boolean | null;
  /** Of yearly and half-yearly plans: fixed charges are billed every month. */
  @IsOptional()
  @IsBoolean()
  bill_fixed_charges_monthly?: boolean | null;
  /** Null, or an amount of 0, is none. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MinimumCommitmentInput)
  minimum_commitment?: MinimumCommitmentInput | null;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  usage_thresholds?: [];
  @IsOptional()
  @IsEmpty(unsupported)
  metadata?: null;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ListedFixedChargeInput)
  fixed_charges?: ListedFixedChargeInput[];
}

export class CreatePlanInput extends PlanFields {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
  @IsDefined()
  @IsIn(intervals)
  interval: Interval;
  @IsDefined()
  @IsAmountCents()
  amount_cents: bigint;
  @IsDefined()
  @IsCurrencyCode()
  amount_currency: string;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CreateChargeInput)
  charges?: CreateChargeInput[];
}

export class UpdatePlanInput extends PlanFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  code?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsRequiredText()
  name?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(intervals)
  interval?: Interval;
  @ValidateIf((_, value) => value !== undefined)
  @IsAmountCents()
  amount_cents?: bigint;
  @ValidateIf((_, value) => value !== undefined)
  @IsCurrencyCode()
  amount_currency?: string;
  /** When given, all of them: what is not listed becomes inactive. */
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ListedChargeInput)
  charges?: ListedChargeInput[];
  /** Whether subscriptions' own copies of the plan follow, in what they have as the plan had it. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}
