import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmpty,
  IsIn,
  IsInt,
  IsLocale,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  registerDecorator,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import {
  type DocumentNumbering,
  isNumberTemplate,
  lagoTemplates,
  type NumberRestart,
  numberRestarts,
} from '../../domain/invoicing/document-number.ts';
import { type DayCount, dayCounts } from '../../domain/proration/local-days.ts';
import { type MailedDocument, mailedDocuments } from './billing-entity.entity.ts';
import { LegalIdentityInput } from './legal-identity.dto.ts';
import { IsCurrencyCode, IsKey, IsRequiredText, IsText, IsTimezone } from '../../platform/http/validators.ts';
import { IsProviderWord, type ProviderWord } from './choose-payment-provider.ts';

function IsNumberTemplate(): PropertyDecorator {
  return (target, propertyKey) =>
    registerDecorator({
      name: 'isNumberTemplate',
      target: target.constructor,
      propertyName: String(propertyKey),
      options: { message: 'invalid_number_template' },
      validator: { validate: (value: unknown) => typeof value === 'string' && isNumberTemplate(value) },
    });
}

const unsupported = { message: 'unsupported_value' };

export class BillingConfigurationInput {
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(365)
  invoice_grace_period?: number;

  @IsOptional()
  @MaxLength(600)
  invoice_footer?: string | null;
  /** Language of documents: `en`, `pt-BR`. */
  @ValidateIf((_, value) => value !== undefined)
  @IsLocale()
  @MaxLength(35)
  document_locale?: string;
  /** Who takes the money of customers that name nobody else; `stripe` by default. */
  @ValidateIf((_, value) => value !== undefined)
  @IsProviderWord()
  payment_provider?: ProviderWord;
  @IsOptional()
  @IsIn(['next_period_start'], unsupported)
  subscription_invoice_issuing_date_anchor?: 'next_period_start';
  @IsOptional()
  @IsIn(['align_with_finalization_date'], unsupported)
  subscription_invoice_issuing_date_adjustment?: 'align_with_finalization_date';
}

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
abstract class UnusedBillingEntityFields extends LegalIdentityInput {
  @IsOptional()
  @IsIn([false], unsupported)
  eu_tax_management?: false;
  @IsOptional()
  @IsIn([false], unsupported)
  einvoicing?: false;
  @IsOptional()
  @IsEmpty(unsupported)
  logo?: null;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  invoice_custom_section_codes?: [];
}

abstract class BillingEntityFields extends UnusedBillingEntityFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsCurrencyCode()
  default_currency?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsTimezone()
  timezone?: string;
  /** Upper-cased on write; 1 to 10 letters, digits, dots, slashes or dashes. Null leaves it. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.toUpperCase() : (value as unknown)))
  @Matches(/^[A-Z0-9][A-Z0-9./-]{0,9}$/)
  document_number_prefix?: string | null;
  @ValidateIf((_, value) => value !== undefined)
  @IsNumberTemplate()
  document_number_template?: string;
  /** When the counter begins again; by default with the year that the template shows, else never. */
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(numberRestarts)
  document_number_restart?: NumberRestart;
  /** Lago's word for how numbers count; it brings Lago's template where the present one counts otherwise. */
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(Object.keys(lagoTemplates))
  document_numbering?: DocumentNumbering;
  @ValidateIf((_, value) => value !== undefined)
  @IsInt()
  @Min(0)
  @Max(3650)
  net_payment_term?: number;
  /** Whether a period that comes to nothing makes an invoice; true by default. Null leaves it. */
  @IsOptional()
  @IsBoolean()
  finalize_zero_amount_invoice?: boolean | null;
  /**
   * How days are counted where a part of a period is billed or credited: as the calendar has them (`actual`, the default), or as if
   * every month had 30 (`thirty_day_months`). What is billed already keeps its count. Null leaves it.
   */
  @IsOptional()
  @IsIn(dayCounts)
  day_count?: DayCount | null;
  /** What is sent to customers by e-mail by itself: `["invoice.finalized"]` by default, `[]` for nothing. Null leaves it. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @IsIn(mailedDocuments, { each: true, ...unsupported })
  email_settings?: MailedDocument[] | null;
  @IsOptional()
  @ValidateNested()
  @Type(() => BillingConfigurationInput)
  billing_configuration?: BillingConfigurationInput;
  /** Taxes of everything this entity sells, unless charge, plan or customer say otherwise. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[];
  /** Where no tax is assigned, let this entity's address and the customer's decide; needs `country`. Default false. */
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  tax_by_address?: boolean;
}

export class UpdateBillingEntityInput extends BillingEntityFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsText()
  name?: string;
}

export class CreateBillingEntityInput extends BillingEntityFields {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
}
