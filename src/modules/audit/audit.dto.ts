import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsDate, IsText } from '../../platform/http/validators.ts';

/** One value is a list of one. */
const List = (): PropertyDecorator => Transform(({ value }) => [value].flat());

export class ListActivitiesQuery extends PageQuery {
  @IsOptional()
  @List()
  @IsString({ each: true })
  activity_types?: string[];
  @IsOptional()
  @List()
  @IsIn(['api', 'front', 'system'], { each: true })
  activity_sources?: ('api' | 'front' | 'system')[];
  @IsOptional()
  @List()
  @IsString({ each: true })
  resource_ids?: string[];
  @IsOptional()
  @List()
  @IsString({ each: true })
  resource_types?: string[];
  @IsOptional()
  @IsText()
  external_customer_id?: string;
  @IsOptional()
  @IsText()
  external_subscription_id?: string;
  /** Days of UTC, both included. */
  @IsOptional()
  @IsDate()
  from_date?: string;
  @IsOptional()
  @IsDate()
  to_date?: string;
}

export class ListAuditQuery extends PageQuery {
  /** `subscription.canceled` or `subscription_canceled`. */
  @IsOptional()
  @List()
  @IsString({ each: true })
  event_type?: string[];
  @IsOptional()
  @IsText()
  object_type?: string;
  /** Another name of `per_page`. */
  @IsOptional()
  @Transform(({ value }) =>
    typeof value === 'string' && /^([1-9]\d{0,2}|1000)$/.test(value) ? Number(value) : (value as unknown),
  )
  @IsIn(Array.from({ length: 1000 }, (_, index) => index + 1), { message: 'value_is_out_of_range' })
  limit?: number;
}
