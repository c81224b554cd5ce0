import { IsOptional } from 'class-validator';
import { IsKey, IsText } from '../../../platform/http/validators.ts';

/** Which subscription, where several customers have one to the same resource. */
export class NamedSubscriptionInput {
  @IsOptional()
  @IsKey()
  external_id?: string;
}

export class UpgradeInput extends NamedSubscriptionInput {
  @IsKey()
  plan_code: string;
}

export class SubscribeInput {
  @IsKey()
  external_customer_id: string;
  @IsKey()
  plan_code: string;
  @IsKey()
  external_id: string;
  @IsOptional()
  @IsText()
  name?: string;
}
