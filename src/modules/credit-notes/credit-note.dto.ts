import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { AsBoolean, AsList, AsWholeNumber } from '../../platform/http/query-values.ts';
import { IsAmountCents, IsCurrencyCode, IsDate, IsText } from '../../platform/http/validators.ts';
import { type CreditNoteReason, creditNoteReasons, refundStatuses } from './credit-note.entity.ts';

export const creditStatuses = ['available', 'consumed', 'voided'] as const;
export const creditNoteTypes = ['credit', 'refund', 'offset'] as const;

export class CreditNoteItemInput {
  @IsUUID()
  fee_id: string;
  /** Before coupons and taxes. */
  @IsAmountCents()
  amount_cents: bigint;
}

export class EstimateCreditNoteInput {
  @IsUUID()
  invoice_id: string;
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CreditNoteItemInput)
  items: CreditNoteItemInput[];
}

export class CreateCreditNoteInput extends EstimateCreditNoteInput {
  @IsOptional()
  @IsIn(creditNoteReasons)
  reason?: CreditNoteReason;
  @IsOptional()
  @IsString()
  @MaxLength(600)
  description?: string | null;
  /** Credit, refund and offset make the total; all of it is credit when none is given. */
  @IsOptional()
  @IsAmountCents()
  credit_amount_cents?: bigint | null;
  @IsOptional()
  @IsAmountCents()
  refund_amount_cents?: bigint | null;
  @IsOptional()
  @IsAmountCents()
  offset_amount_cents?: bigint | null;
  /** What others want to find on it: at most 50 keys of 100 characters, with text of at most 255 or null. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, string | null> | null;
}

export class UpdateCreditNoteInput {
  @ValidateIf(({ metadata }: UpdateCreditNoteInput, value) => value !== undefined || metadata === undefined)
  @IsDefined()
  @IsIn(refundStatuses)
  refund_status?: (typeof refundStatuses)[number];
  /** Keys that are not sent stay. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, string | null> | null;
}

export class RefundBalanceInput {
  /** All of the balance by default. */
  @IsOptional()
  @IsAmountCents()
  refund_amount_cents?: bigint | null;
}

export class CreditNoteMetadataInput {
  @IsDefined()
  @IsObject()
  metadata: Record<string, string | null>;
}

/** What a customer's own list can be asked for; all amounts are totals in minor units. */
export class CustomerCreditNotesQuery extends PageQuery {
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;
  @IsOptional()
  @IsIn(creditNoteReasons)
  reason?: CreditNoteReason;
  @IsOptional()
  @IsIn(creditStatuses)
  credit_status?: (typeof creditStatuses)[number];
  @IsOptional()
  @IsIn(refundStatuses)
  refund_status?: (typeof refundStatuses)[number];
  /** What it gives: credit for later invoices, money back, or less to pay of its own invoice. */
  @IsOptional()
  @AsList()
  @IsIn(creditNoteTypes, { each: true })
  types?: (typeof creditNoteTypes)[number][];
  @IsOptional()
  @IsText()
  invoice_number?: string;
  @IsOptional()
  @IsDate()
  issuing_date_from?: string;
  /** Included. */
  @IsOptional()
  @IsDate()
  issuing_date_to?: string;
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
  @AsList()
  @IsString({ each: true })
  billing_entity_codes?: string[];
  @IsOptional()
  @AsBoolean()
  @Equals(false, { message: 'unsupported_value' })
  self_billed?: false;
  /** Its number or id, or its customer's name, external id or e-mail, holds it. */
  @IsOptional()
  @IsText()
  search_term?: string;
}

export class ListCreditNotesQuery extends CustomerCreditNotesQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
}
