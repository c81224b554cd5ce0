import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
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
}

export class UpdateCreditNoteInput {
  @IsIn(refundStatuses)
  refund_status: (typeof refundStatuses)[number];
}

export class ListCreditNotesQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
}
