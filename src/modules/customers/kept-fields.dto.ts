import { PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsCountry, IsText } from '../../platform/http/validators.ts';
import { BillingEntityParameters, LegalIdentityInput } from '../billing-entities/index.ts';

const unsupported = { message: 'unsupported_value' };

export class ShippingAddressInput extends PickType(LegalIdentityInput, [
  'address_line1',
  'address_line2',
  'city',
  'state',
  'zipcode',
] as const) {
  @IsOptional()
  @IsCountry()
  country?: string | null;
}

/** A customer's counterpart in another system. */
export class IntegrationCustomerInput {
  @IsOptional()
  @IsText()
  id?: string;
  @IsOptional()
  @IsText()
  integration_type?: string;
  @IsOptional()
  @IsText()
  integration_code?: string;
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsBoolean()
  sync_with_provider?: boolean;
  @IsOptional()
  @IsText()
  subsidiary_id?: string;
  @IsOptional()
  @IsText()
  targeted_object?: string | null;
}

/** What the official client can say of a customer's billing and Florin only keeps: it is shown again and changes nothing. */
export class KeptConfigurationInput {
  @IsOptional()
  @IsText()
  payment_provider_code?: string | null;
  /** The customer's id at the payment provider. */
  @IsOptional()
  @IsText()
  provider_customer_id?: string | null;
  @IsOptional()
  @IsBoolean()
  sync?: boolean;
  @IsOptional()
  @IsBoolean()
  sync_with_provider?: boolean;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @MaxLength(50, { each: true })
  provider_payment_methods?: string[] | null;
  /** The only way in which Florin dates documents. */
  @IsOptional()
  @IsIn(['next_period_start'], unsupported)
  subscription_invoice_issuing_date_anchor?: 'next_period_start';
  @IsOptional()
  @IsIn(['align_with_finalization_date'], unsupported)
  subscription_invoice_issuing_date_adjustment?: 'align_with_finalization_date';
}

/** What the official client can say of a customer and Florin only keeps: it is shown again and changes nothing. */
export class KeptCustomerFields extends BillingEntityParameters {
  @IsOptional()
  @IsText()
  logo_url?: string | null;
  @IsOptional()
  @IsText()
  external_salesforce_id?: string | null;
  /** Self-billed invoices of partners are not made. */
  @IsOptional()
  @IsIn(['customer'], unsupported)
  account_type?: 'customer';
  @IsOptional()
  @IsIn(['company', 'individual'])
  customer_type?: 'company' | 'individual' | null;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ShippingAddressInput)
  shipping_address?: ShippingAddressInput | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => IntegrationCustomerInput)
  integration_customers?: IntegrationCustomerInput[] | null;
  @IsOptional()
  @IsBoolean()
  skip_invoice_custom_sections?: boolean | null;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  invoice_custom_section_codes?: string[] | null;
}
