import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { AsBoolean, AsList, AsWholeNumber } from '../../platform/http/query-values.ts';
import { IsAmountCents, IsCurrencyCode, IsDate, IsText } from '../../platform/http/validators.ts';

/** Own states beside Lago's words: `finalized` is every issued, not voided one. */
export const wireInvoiceStatuses = ['draft', 'finalized', 'voided', 'open', 'paid', 'void', 'uncollectible', 'closed'] as const;
const settlements = ['payment', 'credit_note'] as const;
const paymentStatuses = ['pending', 'succeeded', 'failed'] as const;

export class ListInvoicesQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsText()
  external_subscription_id?: string;
  @IsOptional()
  @AsList()
  @IsIn(wireInvoiceStatuses, { each: true })
  status?: (typeof wireInvoiceStatuses)[number][];
  /** Another name of `status`, which the official client uses. */
  @IsOptional()
  @AsList()
  @IsIn(wireInvoiceStatuses, { each: true })
  statuses?: (typeof wireInvoiceStatuses)[number][];
  @IsOptional()
  @AsList()
  @IsIn(paymentStatuses, { each: true })
  payment_status?: (typeof paymentStatuses)[number][];
  @IsOptional()
  @AsList()
  @IsIn(paymentStatuses, { each: true })
  payment_statuses?: (typeof paymentStatuses)[number][];
  @IsOptional()
  @AsList()
  @IsString({ each: true })
  billing_entity_codes?: string[];
  /** Issued, unpaid, and its due day has passed. */
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  payment_overdue?: boolean;
  /** Something was paid, and something is still due. */
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  partially_paid?: boolean;
  @IsOptional()
  @AsBoolean()
  @Equals(false, { message: 'unsupported_value' })
  payment_dispute_lost?: false;
  @IsOptional()
  @AsBoolean()
  @Equals(false, { message: 'unsupported_value' })
  self_billed?: false;
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;
  /** Total in minor units, both ends included; with `currency`, because cents of different currencies do not compare. */
  @IsOptional()
  @AsWholeNumber()
  @IsInt()
  @Max(Number.MAX_SAFE_INTEGER)
  amount_from?: number;
  @IsOptional()
  @AsWholeNumber()
  @IsInt()
  @Max(Number.MAX_SAFE_INTEGER)
  amount_to?: number;
  @IsOptional()
  @IsDate()
  issuing_date_from?: string;
  @IsOptional()
  @IsDate()
  issuing_date_to?: string;
  @IsOptional()
  @IsIn(['subscription', 'one_off'])
  invoice_type?: 'subscription' | 'one_off';
  /** `metadata[region]=eu`: what its metadata holds. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, string>;
  /** What has settled some of it: a payment, or a credit note that was taken or set off. */
  @IsOptional()
  @AsList()
  @IsIn(settlements, { each: true })
  settlements?: (typeof settlements)[number][];
  /** Number or id of the invoice, or name, external id or e-mail of the customer, holds it. */
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
  /** Whether what it came to is given back. */
  @IsOptional()
  @IsBoolean()
  generate_credit_note?: boolean;
  /** Minor units that become credit; without this and `refund_amount`, all of it. */
  @IsOptional()
  @IsAmountCents()
  credit_amount?: bigint | null;
  /** Minor units that are paid back, of what was paid. */
  @IsOptional()
  @IsAmountCents()
  refund_amount?: bigint | null;
}
