import { PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsEmpty,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsCurrencyCode, IsInstant, IsKey, IsText, IsTimezone } from '../../../platform/http/validators.ts';
import { BillingEntityParameters, LegalIdentityInput } from '../../billing-entities/index.ts';
import { PlanOverridesInput } from '../../plans/index.ts';

const unsupported = { message: 'unsupported_value' };

const placed = ['address_line1', 'address_line2', 'city', 'state', 'zipcode', 'country', 'tax_identification_number'] as const;

/** An existing customer by its external id, with what would change; or one that does not exist yet. */
export class PreviewCustomerInput extends PickType(LegalIdentityInput, placed) {
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  external_id?: string;
  @IsOptional()
  @IsText()
  name?: string | null;
  @IsOptional()
  @IsCurrencyCode()
  currency?: string | null;
  @IsOptional()
  @IsTimezone()
  timezone?: string | null;
  @IsOptional()
  @IsEmpty(unsupported)
  shipping_address?: null;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  integration_customers?: [];
}

export class PreviewSubscriptionsInput {
  @IsDefined()
  @IsArray()
  @ArrayMinSize(1, { message: 'value_is_mandatory' })
  @ArrayMaxSize(100, { message: 'exceeded_limit' })
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  external_ids: string[];
  /** The plan that the one subscription would change to. */
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  plan_code?: string;
  /** When the one subscription would end: from now on, at most ten years ahead. */
  @IsOptional()
  @IsInstant()
  terminated_at?: Date;
}

/** Either a plan that would be taken, or subscriptions that exist. */
export class PreviewInvoiceInput extends BillingEntityParameters {
  /** Another way to name an existing customer. */
  @IsOptional()
  @IsKey()
  external_customer_id?: string;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PreviewCustomerInput)
  customer?: PreviewCustomerInput;
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  plan_code?: string;
  @IsOptional()
  @IsIn(['calendar', 'anniversary'])
  billing_time?: 'calendar' | 'anniversary';
  @IsOptional()
  @IsInstant()
  subscription_at?: Date;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PreviewSubscriptionsInput)
  subscriptions?: PreviewSubscriptionsInput;
  /** What would be paid instead of what `plan_code`, here or of `subscriptions`, says: as when subscribing, but nothing is stored. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PlanOverridesInput)
  plan_overrides?: PlanOverridesInput | null;
  /** Florin has no coupons. */
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  coupons?: [];
}
