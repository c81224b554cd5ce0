import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsCurrencyCode, IsText } from '../../platform/http/validators.ts';

/** Own states beside Lago's words: `finalized` is every issued, not voided one. */
export const wireInvoiceStatuses = ['draft', 'finalized', 'voided', 'open', 'paid', 'void', 'uncollectible'] as const;
const paymentStatuses = ['pending', 'succeeded', 'failed'] as const;

const list = ({ obj, key }: { obj: Record<string, unknown>; key: string }): unknown => {
  const given = obj[key] ?? obj[`${key}[]`];
  return given === undefined ? undefined : [given].flat();
};

export class ListInvoicesQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsText()
  external_subscription_id?: string;
  @IsOptional()
  @Transform(list)
  @IsIn(wireInvoiceStatuses, { each: true })
  status?: (typeof wireInvoiceStatuses)[number][];
  @IsOptional()
  @Transform(list)
  @IsIn(paymentStatuses, { each: true })
  payment_status?: (typeof paymentStatuses)[number][];
  @IsOptional()
  @Transform(list)
  @IsString({ each: true })
  billing_entity_codes?: string[];
  @IsOptional()
  @Transform(() => undefined)
  'status[]'?: unknown;
  @IsOptional()
  @Transform(() => undefined)
  'payment_status[]'?: unknown;
  @IsOptional()
  @Transform(() => undefined)
  'billing_entity_codes[]'?: unknown;
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;
  @IsOptional()
  @IsISO8601({ strict: true })
  issuing_date_from?: string;
  @IsOptional()
  @IsISO8601({ strict: true })
  issuing_date_to?: string;
  @IsOptional()
  @IsIn(['subscription', 'one_off'])
  invoice_type?: 'subscription' | 'one_off';
  /** Number or customer's name or external id holds it. */
  @IsOptional()
  @IsText()
  search_term?: string;
}

export class ChangeStatusInput {
  @IsDefined()
  @Transform(({ value }) => (typeof value === 'string' ? value.toUpperCase() : (value as unknown)))
  @IsIn(['OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'])
  status: 'OPEN' | 'PAID' | 'VOID' | 'UNCOLLECTIBLE';
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class PayInvoiceInput {
  @IsOptional()
  @IsText()
  payment_method?: string;
  @IsOptional()
  @IsText()
  payment_reference?: string;
}

export class InvoiceMetadataInput {
  @IsOptional()
  @IsString()
  id?: string;
  @IsString()
  @MaxLength(20)
  key: string;
  @IsString()
  @MaxLength(255)
  value: string;
}

export class UpdateInvoiceInput {
  /** Only `succeeded` changes anything: a failed or pending payment leaves the invoice open. */
  @IsOptional()
  @IsIn(paymentStatuses)
  payment_status?: (typeof paymentStatuses)[number];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5)
  @ValidateNested({ each: true })
  @Type(() => InvoiceMetadataInput)
  metadata?: InvoiceMetadataInput[];
}

export class VoidInvoiceInput {
  /** Credit notes are not issued yet. */
  @IsOptional()
  @IsBoolean()
  @IsIn([false], { message: 'unsupported_value' })
  generate_credit_note?: false;
}
