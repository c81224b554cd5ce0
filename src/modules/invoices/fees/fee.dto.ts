import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../../platform/http/pagination.ts';
import { IsCurrencyCode, IsInstant, IsKey, IsText } from '../../../platform/http/validators.ts';

export class ListFeesQuery extends PageQuery {
  @IsOptional()
  @IsKey()
  external_subscription_id?: string;
  @IsOptional()
  @IsKey()
  external_customer_id?: string;
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;
  @IsOptional()
  @IsIn(['subscription', 'charge', 'fixed_charge', 'commitment', 'add_on'])
  fee_type?: string;
  @IsOptional()
  @IsKey()
  billable_metric_code?: string;
  @IsOptional()
  @IsText()
  event_transaction_id?: string;
  /** Included. */
  @IsOptional()
  @IsInstant()
  created_at_from?: Date;
  @IsOptional()
  @IsInstant()
  created_at_to?: Date;
}
