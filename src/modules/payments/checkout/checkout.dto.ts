import { IsDefined, IsOptional } from 'class-validator';
import { IsKey } from '../../../platform/http/validators.ts';
import { IsResourceConfig, IsResourceType } from '../../subscriptions/index.ts';

export class CheckoutInput {
  /** Code of the plan. */
  @IsKey()
  plan_name: string;
  @IsDefined()
  @IsResourceType()
  resource_type: string;
  /** Told to whoever makes the resource. */
  @IsOptional()
  @IsResourceConfig()
  resource_config?: Record<string, unknown> | null;
}
