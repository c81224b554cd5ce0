import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsDefined,
  IsEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { BillingEntityParameters } from '../../billing-entities/index.ts';
import {
  IsAmountCents,
  IsCurrencyCode,
  IsDate,
  IsDecimal,
  IsInstant,
  IsKey,
  IsRequiredText,
  IsText,
} from '../../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };
const maxLines = 100;

/** A line from the catalog, as Lago's clients send it. */
export class OneOffFeeInput {
  @IsKey()
  add_on_code: string;
  /** What the line is called; the add-on's name by default. */
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  description?: string | null;
  /** Minor units for one unit; the add-on's amount by default. */
  @IsOptional()
  @IsAmountCents()
  unit_amount_cents?: bigint | null;
  /** 1 by default. */
  @IsOptional()
  @IsDecimal()
  units?: string | null;
  /** What the line is for, half-open; both are the moment of the invoice by default. */
  @IsOptional()
  @IsInstant()
  from_datetime?: Date | null;
  @IsOptional()
  @IsInstant()
  to_datetime?: Date | null;
  /** Those of the customer, else of the seller, else of the organization by default. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
}

/** A line in free words (H7). */
export class LineItemInput {
  @IsRequiredText()
  description: string;
  /** 1 by default. */
  @IsOptional()
  @IsDecimal()
  quantity?: string;
  /** Major units for one unit, exact. */
  @IsDefined()
  @IsDecimal()
  unit_amount: string;
}

/** The customer's billing entity sells, unless another one is named. */
export class CreateOneOffInvoiceInput extends BillingEntityParameters {
  /** External id or id; `customer_id` says the same. */
  @ValidateIf((input: CreateOneOffInvoiceInput) => input.customer_id === undefined)
  @IsKey()
  external_customer_id?: string;
  @IsOptional()
  @IsKey()
  customer_id?: string;
  /** The customer's by default. */
  @IsOptional()
  @IsCurrencyCode()
  currency?: string | null;
  /** A local day of the customer, YYYY-MM-DD; issue day and payment term by default. */
  @IsOptional()
  @IsDate()
  due_date?: string | null;
  @ValidateIf((input: CreateOneOffInvoiceInput) => input.line_items === undefined || input.fees !== undefined)
  @IsDefined()
  @IsArray()
  @ArrayMinSize(1, { message: 'value_is_mandatory' })
  @ArrayMaxSize(maxLines, { message: 'value_is_out_of_range' })
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => OneOffFeeInput)
  fees?: OneOffFeeInput[];
  /** Instead of `fees`: free words, taxed as the customer is, who must have a country. */
  @ValidateIf((_, value) => value !== undefined)
  @IsArray()
  @ArrayMinSize(1, { message: 'value_is_mandatory' })
  @ArrayMaxSize(maxLines, { message: 'value_is_out_of_range' })
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => LineItemInput)
  line_items?: LineItemInput[];
  @IsOptional()
  @Equals(false, unsupported)
  skip_psp?: false | null;
  @IsOptional()
  @IsEmpty(unsupported)
  purchase_order_number?: null;
}
