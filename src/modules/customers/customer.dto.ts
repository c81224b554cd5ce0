import { IntersectionType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsEmpty,
  IsIn,
  IsInt,
  IsLocale,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { zeroAmountPolicies, type ZeroAmountPolicy } from './customer.entity.ts';
import { BillingEntityParameters, IsProviderWord, LegalIdentityInput, type ProviderWord } from '../billing-entities/index.ts';
import { IsCurrencyCode, IsKey, IsRequiredText, IsText, IsTimezone } from '../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

export class CustomerBillingConfigurationInput {
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(365)
  invoice_grace_period?: number | null;
  /** Language of documents; the billing entity's by default. */
  @IsOptional()
  @IsLocale()
  @MaxLength(35)
  document_locale?: string | null;
  /** Who takes the money: `stripe` by card, `manual` by bank transfer; the billing entity's by default. */
  @IsOptional()
  @IsProviderWord()
  payment_provider?: ProviderWord | null;
}

export class CustomerMetadataInput {
  @IsOptional()
  @IsString()
  id?: string;
  @IsRequiredText()
  key: string;
  @IsRequiredText()
  value: string;
  @IsOptional()
  @IsBoolean()
  display_in_invoice?: boolean;
}

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
class UnusedCustomerFields extends BillingEntityParameters {
  @IsOptional()
  @IsEmpty(unsupported)
  logo_url?: null;
  @IsOptional()
  @IsEmpty(unsupported)
  external_salesforce_id?: null;
  @IsOptional()
  @IsIn(['customer'], unsupported)
  account_type?: 'customer';
  @IsOptional()
  @IsEmpty(unsupported)
  customer_type?: null;
  @IsOptional()
  @IsEmpty(unsupported)
  shipping_address?: null;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  integration_customers?: [];
  @IsOptional()
  @Equals(false, unsupported)
  skip_invoice_custom_sections?: false;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  invoice_custom_section_codes?: [];
}

abstract class CustomerFields extends IntersectionType(UnusedCustomerFields, LegalIdentityInput) {
  @IsOptional()
  @IsText()
  name?: string | null;
  @IsOptional()
  @IsText()
  firstname?: string | null;
  @IsOptional()
  @IsText()
  lastname?: string | null;
  @IsOptional()
  @IsText()
  url?: string | null;
  @IsOptional()
  @IsCurrencyCode()
  currency?: string | null;
  @IsOptional()
  @IsTimezone()
  timezone?: string | null;
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3650)
  net_payment_term?: number | null;
  /** Whether a period that comes to nothing makes an invoice: `inherit` (default) does what the billing entity does. Null inherits. */
  @IsOptional()
  @IsIn(zeroAmountPolicies)
  finalize_zero_amount_invoice?: ZeroAmountPolicy | null;
  /** One invoice for all subscriptions that one billing entity bills on one day; false by default. */
  @IsOptional()
  @IsBoolean()
  consolidate_invoices?: boolean | null;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CustomerBillingConfigurationInput)
  billing_configuration?: CustomerBillingConfigurationInput | null;
  /** Taxes of everything this customer buys, unless charge or plan say otherwise. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
  /** All of them, each time: what is not listed is dropped. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5, { message: 'exceeded_limit' })
  @ArrayUnique((item: CustomerMetadataInput | null) => item?.key)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CustomerMetadataInput)
  metadata?: CustomerMetadataInput[] | null;
}

export class UpdateCustomerInput extends CustomerFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  external_id?: string;
}

export class CreateCustomerInput extends CustomerFields {
  @IsKey()
  external_id: string;
}

export class CustomersQuery extends PageQuery {
  @IsOptional()
  @IsString()
  external_id?: string;

  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? [value] : (value as unknown)))
  @IsArray()
  @IsString({ each: true })
  billing_entity_codes?: string[];
}
