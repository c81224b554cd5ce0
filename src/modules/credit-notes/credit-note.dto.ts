import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsAmountCents, IsText } from '../../platform/http/validators.ts';
import { type CreditNoteReason, creditNoteReasons, refundStatuses } from './credit-note.entity.ts';

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

export class ListCreditNotesQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
}
