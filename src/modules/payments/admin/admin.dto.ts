import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { invoiceStatuses, type InvoiceStatus } from '../../../domain/lifecycles/invoice.ts';
import { type SubscriptionStatus, subscriptionStatuses } from '../../../domain/lifecycles/subscription.ts';
import { PageQuery } from '../../../platform/http/pagination.ts';
import { IsKey, IsText } from '../../../platform/http/validators.ts';
import { IsResourceConfig, IsResourceType } from '../../subscriptions/index.ts';

const upper = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

export class AdminSubscriptionsQuery extends PageQuery {
  @IsOptional()
  @IsUUID()
  organization_id?: string;
  @IsOptional()
  @Transform(upper)
  @IsIn(subscriptionStatuses)
  status?: SubscriptionStatus;
  @IsOptional()
  @IsResourceType()
  resource_type?: string;
  /** Of the customer. */
  @IsOptional()
  @IsText()
  email?: string;
  /** Canceled, terminated and failed ones too; they are left out otherwise. */
  @IsOptional()
  @IsIn(['true', 'false'])
  include_canceled?: 'true' | 'false';
}

export class AdminInvoicesQuery extends PageQuery {
  @IsOptional()
  @IsUUID()
  organization_id?: string;
  @IsOptional()
  @Transform(upper)
  @IsIn(invoiceStatuses)
  status?: InvoiceStatus;
}

export class AdminCreateSubscriptionInput {
  @IsKey()
  organization_id: string;
  @IsKey()
  external_customer_id: string;
  @IsKey()
  plan_code: string;
  @IsKey()
  external_id: string;
  @IsOptional()
  @IsText()
  name?: string;
  /** The provider's checkout session (`cs_…`) or subscription (`sub_…`). */
  @Matches(/^(cs|sub)_\w{1,250}$/)
  provider_subscription_id: string;
  /** What is made for it once it is paid. */
  @IsOptional()
  @IsResourceType()
  resource_type?: string;
  @IsOptional()
  @IsResourceConfig()
  resource_config?: Record<string, unknown>;
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

export class AdminUpdateSubscriptionInput {
  @IsOptional()
  @Transform(upper)
  @IsIn(['ACTIVE', 'PAUSED', 'CANCELED'])
  status?: 'ACTIVE' | 'PAUSED' | 'CANCELED';
  /** True: it stays usable until the end of its period. */
  @IsOptional()
  @IsBoolean()
  cancel_at_period_end?: boolean;
}

export class MarkPaidInput {
  @IsOptional()
  @IsString()
  @MaxLength(255)
  payment_method?: string;
  @IsOptional()
  @IsString()
  @MaxLength(255)
  payment_reference?: string;
}
