import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { AsBoolean, AsList } from '../../platform/http/query-values.ts';
import { IsCurrencyCode, IsInstant, IsKey, IsText } from '../../platform/http/validators.ts';
import { PlanOverridesInput } from '../plans/index.ts';
import { KeptSubscriptionFields } from './kept-fields.dto.ts';
import { type TerminationCredit, terminationCredits } from './subscription.entity.ts';

export class CreateSubscriptionInput extends KeptSubscriptionFields {
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

export class UpdateSubscriptionInput extends KeptSubscriptionFields {
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

export type WireStatus = (typeof wireStatuses)[number];

export class ListSubscriptionsQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsText()
  plan_code?: string;
  @IsOptional()
  @IsText()
  external_id?: string;
  /** Of its plan. */
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;
  /** Whether it has prices of its own. */
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  overridden?: boolean;
  /** Of the entities that bill them. */
  @IsOptional()
  @AsList()
  @IsString({ each: true })
  billing_entity_codes?: string[];
  /** One or several; by default those that have started and not ended. */
  @IsOptional()
  @AsList()
  @IsIn(wireStatuses, { each: true })
  status?: string[];
}

/**
 * Which of several with one external id: `pending` is the one that has not started, or the change that is planned; `active` the one
 * that has started and has not ended. By default the one that holds the external id, else the youngest.
 */
export class WhichSubscriptionQuery {
  @IsOptional()
  @IsIn(wireStatuses)
  status?: WireStatus;
}

/** The same where the path names something of a subscription. */
export class OfWhichSubscriptionQuery {
  @IsOptional()
  @IsIn(wireStatuses)
  subscription_status?: WireStatus;
}

export class OwnPricesQuery extends PageQuery {
  @IsOptional()
  @IsIn(wireStatuses)
  subscription_status?: WireStatus;
}

export class TerminateSubscriptionQuery {
  /** `pending` terminates the one that has not started yet, or the change that is planned. */
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
