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
import { IsText } from '../../platform/http/validators.ts';
import { BillingEntityParameters } from '../billing-entities/index.ts';

const unsupported = { message: 'unsupported_value' };

export class InvoiceCustomSectionInput {
  @IsOptional()
  @IsBoolean()
  skip_invoice_custom_sections?: boolean;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  invoice_custom_section_codes?: string[];
}

export class PaymentMethodReferenceInput {
  @IsOptional()
  @IsIn(['provider', 'manual'])
  payment_method_type?: 'provider' | 'manual';
  @IsOptional()
  @IsText()
  payment_method_id?: string | null;
}

/** What the official client can say of a subscription and Florin only keeps: it is shown again and changes nothing. */
export class KeptSubscriptionFields extends BillingEntityParameters {
  @IsOptional()
  @IsText()
  purchase_order_number?: string | null;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => InvoiceCustomSectionInput)
  invoice_custom_section?: InvoiceCustomSectionInput | null;
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PaymentMethodReferenceInput)
  payment_method?: PaymentMethodReferenceInput | null;
  /** Whose invoices are consolidated is the customer's `consolidate_invoices`. */
  @IsOptional()
  @IsBoolean()
  consolidate_invoice?: boolean | null;
  @IsOptional()
  @IsBoolean()
  progressive_billing_disabled?: boolean | null;
  /** Would bill otherwise than Florin does. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(0, unsupported)
  usage_thresholds?: [];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(0, unsupported)
  activation_rules?: [];
}

export const keptSubscriptionNames = [
  'purchase_order_number',
  'invoice_custom_section',
  'payment_method',
  'consolidate_invoice',
  'progressive_billing_disabled',
] as const;
