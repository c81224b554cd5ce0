import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { AsList } from '../../platform/http/query-values.ts';
import { IsDate, IsText } from '../../platform/http/validators.ts';
import { type ObjectType, objectTypes } from './object-types.ts';

/** `BillableMetric` is `billable_metric`. */
const snakeCase = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase() : value;

export class ListActivitiesQuery extends PageQuery {
  @IsOptional()
  @AsList()
  @IsString({ each: true })
  activity_types?: string[];
  @IsOptional()
  @AsList()
  @IsIn(['api', 'front', 'system'], { each: true })
  activity_sources?: ('api' | 'front' | 'system')[];
  @IsOptional()
  @AsList()
  @IsUUID(undefined, { each: true })
  resource_ids?: string[];
  /** As Lago writes them (`BillableMetric`) or as they are (`billable_metric`). */
  @IsOptional()
  @Transform(({ value }) => [value].flat().map(snakeCase))
  @IsIn(objectTypes, { each: true })
  resource_types?: ObjectType[];
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
  @AsList()
  @IsString({ each: true })
  event_type?: string[];
  @IsOptional()
  @Transform(({ value }) => snakeCase(value))
  @IsIn(objectTypes)
  object_type?: ObjectType;
  /** Another name of `per_page`. */
  @IsOptional()
  @Transform(({ value }) =>
    typeof value === 'string' && /^([1-9]\d{0,2}|1000)$/.test(value) ? Number(value) : (value as unknown),
  )
  @IsIn(Array.from({ length: 1000 }, (_, index) => index + 1), { message: 'value_is_out_of_range' })
  limit?: number;
}
