import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsInt, IsOptional, IsUUID, Max, Min, IsObject } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsKey } from '../../platform/http/validators.ts';

export class ListRunsQuery extends PageQuery {
  @IsOptional()
  @IsIn(['pending', 'running', 'completed', 'failed', 'cancelled'])
  status?: string;
}

export class CreateRunInput {
  /** Only says what it would do: see the run's planned invoices. */
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean;
  /** Of a dry run: what would be due by then; now by default. */
  @IsOptional()
  @IsInstant()
  as_of?: Date;
}

export class AdminRunsQuery extends ListRunsQuery {
  @IsOptional()
  @IsUUID()
  organization_id?: string;
}

export class CurrentUsageQuery {
  @IsKey()
  external_subscription_id: string;
  /** True by default. */
  @IsOptional()
  @IsIn(['true', 'false'])
  apply_taxes?: string;
  @IsOptional()
  @IsUUID()
  charge_id?: string;
  @IsOptional()
  @IsKey()
  charge_code?: string;
  @IsOptional()
  @IsKey()
  billable_metric_code?: string;
  /** Of a charge with `pricing_group_keys`: `group[region]=eu`. */
  @IsOptional()
  @IsObject()
  group?: Record<string, string>;
  /** Lago's older name of `charge_id`. */
  @IsOptional()
  @IsUUID()
  filter_by_charge_id?: string;
  @IsOptional()
  @IsKey()
  filter_by_charge_code?: string;
  @IsOptional()
  @IsObject()
  filter_by_group?: Record<string, string>;
  /** Usage is of the running period; that of others is in `past_usage`. */
  @IsOptional()
  @IsIn(['false'], { message: 'unsupported_value' })
  full_usage?: string;
}

export class PastUsageQuery extends PageQuery {
  @IsKey()
  external_subscription_id: string;
  @IsOptional()
  @IsKey()
  billable_metric_code?: string;
  /** How many periods, the youngest first; all by default. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  periods_count?: number;
}

export class AdvanceTestClockInput {
  /** The instant to go to; not before the organization's present, at most ten years ahead of it. */
  @IsDefined()
  @IsInstant()
  to: Date;
}
