import { IsDefined, IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsKey } from '../../platform/http/validators.ts';

export class ListRunsQuery extends PageQuery {
  @IsOptional()
  @IsIn(['pending', 'running', 'completed', 'failed', 'cancelled'])
  status?: string;
}

export class CurrentUsageQuery {
  @IsKey()
  external_subscription_id: string;
  /** Taxes are always applied; accepted for the official client. */
  @IsOptional()
  @IsIn(['true', 'false'])
  apply_taxes?: string;
}

export class AdvanceTestClockInput {
  /** The instant to go to; not before the organization's present, at most ten years ahead of it. */
  @IsDefined()
  @IsInstant()
  to: Date;
}
