import { Transform } from 'class-transformer';
import { IsIn, IsOptional, ValidateIf } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsKey, IsText } from '../../platform/http/validators.ts';
import { BillingEntityParameters } from '../billing-entities/index.ts';

export class CreateSubscriptionInput extends BillingEntityParameters {
  @IsKey()
  external_customer_id: string;
  @IsKey()
  plan_code: string;
  @IsKey()
  external_id: string;
  @IsOptional()
  @IsText()
  name?: string | null;
  @IsOptional()
  @IsIn(['calendar', 'anniversary'])
  billing_time?: 'calendar' | 'anniversary';
  /** When it starts: past, now (default) or future. */
  @IsOptional()
  @IsInstant()
  subscription_at?: Date;
  /** When it ends by itself. */
  @IsOptional()
  @IsInstant()
  ending_at?: Date | null;
}

export class UpdateSubscriptionInput extends BillingEntityParameters {
  @IsOptional()
  @IsText()
  name?: string | null;
  @IsOptional()
  @IsInstant()
  ending_at?: Date | null;
  /** Only while the subscription has not started. */
  @ValidateIf((_, value) => value !== undefined)
  @IsInstant()
  subscription_at?: Date;
}

const wireStatuses = [
  'pending',
  'pending_payment',
  'provisioning',
  'trial',
  'active',
  'paused',
  'past_due',
  'unpaid',
  'canceled',
  'terminated',
  'failed',
] as const;

export class ListSubscriptionsQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsText()
  plan_code?: string;
  /** One or several; all by default. */
  @IsOptional()
  @Transform(({ value }) => [value].flat())
  @IsIn(wireStatuses, { each: true })
  status?: string[];
}

export class TerminateSubscriptionQuery {
  /** `pending` terminates the one that has not started yet. */
  @IsOptional()
  @IsIn(['pending', 'active'])
  status?: 'pending' | 'active';
}
