import { IntersectionType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
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
import { AsBoolean, AsList } from '../../platform/http/query-values.ts';
import { zeroAmountPolicies, type ZeroAmountPolicy } from './customer.entity.ts';
import { IsProviderWord, LegalIdentityInput, type ProviderWord } from '../billing-entities/index.ts';
import { KeptConfigurationInput, KeptCustomerFields } from './kept-fields.dto.ts';
import { IsCountry, IsCurrencyCode, IsKey, IsRequiredText, IsText, IsTimezone } from '../../platform/http/validators.ts';

export class CustomerBillingConfigurationInput extends KeptConfigurationInput {
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

abstract class CustomerFields extends IntersectionType(KeptCustomerFields, LegalIdentityInput) {
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
  @AsList()
  @IsString({ each: true })
  billing_entity_codes?: string[];
  /** Florin's customers are all `customer`: a list of partners is empty. */
  @IsOptional()
  @AsList()
  @IsIn(['customer', 'partner'], { each: true })
  account_type?: ('customer' | 'partner')[];
  @IsOptional()
  @IsIn(['company', 'individual'])
  customer_type?: 'company' | 'individual';
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  has_customer_type?: boolean;
  @IsOptional()
  @AsList()
  @IsCountry({ each: true })
  countries?: string[];
  @IsOptional()
  @AsList()
  @IsString({ each: true })
  states?: string[];
  @IsOptional()
  @AsList()
  @IsString({ each: true })
  zipcodes?: string[];
  @IsOptional()
  @AsList()
  @IsCurrencyCode({ each: true })
  currencies?: string[];
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  has_tax_identification_number?: boolean;
  /** `metadata[crm]=42`: what its metadata holds. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, string>;
  /** Its name, external id, e-mail or legal name, or the first or last name, holds it. */
  @IsOptional()
  @IsText()
  search_term?: string;
}
