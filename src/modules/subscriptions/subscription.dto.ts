import { Transform, Type } from 'class-transformer';
import { IsIn, IsObject, IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsKey, IsText } from '../../platform/http/validators.ts';
import { BillingEntityParameters } from '../billing-entities/index.ts';
import { PlanOverridesInput } from '../plans/index.ts';
import { type TerminationCredit, terminationCredits } from './subscription.entity.ts';

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
  /** What it pays instead of what the plan says; the plan keeps its prices. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PlanOverridesInput)
  plan_overrides?: PlanOverridesInput | null;
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
  /** Other prices from now on: what is not billed yet is billed by them. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PlanOverridesInput)
  plan_overrides?: PlanOverridesInput | null;
}

export class PauseSubscriptionInput {
  /** When the pause ends by itself. */
  @IsOptional()
  @IsInstant()
  resume_at?: Date | null;
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
  /** One or several; by default those that have started and not ended. */
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
  /** What becomes of the unused part of what was billed in advance: credit by default. */
  @IsOptional()
  @IsIn(terminationCredits, { message: 'invalid_value' })
  on_termination_credit_note?: TerminationCredit;
  /** Whether what was used up to now is billed: generate by default. */
  @IsOptional()
  @IsIn(['generate', 'skip'], { message: 'invalid_value' })
  on_termination_invoice?: 'generate' | 'skip';
}
