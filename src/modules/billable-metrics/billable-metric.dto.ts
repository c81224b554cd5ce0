import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

export const aggregationWords = [
  'count_agg',
  'sum_agg',
  'max_agg',
  'unique_count_agg',
  'weighted_sum_agg',
  'latest_agg',
] as const;
export type AggregationWord = (typeof aggregationWords)[number];

export const roundingFunctions = ['round', 'ceil', 'floor'] as const;
export type RoundingFunction = (typeof roundingFunctions)[number];

/** A property of events by whose values charges may set prices of their own. */
export class MetricFilterInput {
  @IsKey()
  key: string;
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique({ message: 'value_already_exist' })
  @IsString({ each: true })
  values: string[];
}

abstract class BillableMetricFields {
  @IsOptional()
  @IsText()
  description?: string | null;
  /** Required unless events are counted, and refused then. */
  @IsOptional()
  @IsText()
  field_name?: string | null;
  /** Whether what was counted by the end of a period is there in the next. */
  @IsOptional()
  @IsBoolean()
  recurring?: boolean;
  /** Computes the field's value from the properties of each event. */
  @IsOptional()
  @IsString()
  expression?: string | null;
  @IsOptional()
  @IsIn(roundingFunctions)
  rounding_function?: RoundingFunction | null;
  /** Decimals; below zero it rounds to tens, hundreds, … */
  @IsOptional()
  @IsInt()
  @Min(-15)
  @Max(15)
  rounding_precision?: number | null;
  @IsOptional()
  @IsIn(['seconds'])
  weighted_interval?: 'seconds' | null;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => MetricFilterInput)
  filters?: MetricFilterInput[] | null;
}

export class CreateBillableMetricInput extends BillableMetricFields {
  @IsKey()
  code: string;
  @IsRequiredText()
  name: string;
  @IsDefined()
  @IsIn(aggregationWords, unsupported)
  aggregation_type: AggregationWord;
}

export class UpdateBillableMetricInput extends BillableMetricFields {
  @ValidateIf((_, value) => value !== undefined)
  @IsKey()
  code?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsRequiredText()
  name?: string;
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(aggregationWords, unsupported)
  aggregation_type?: AggregationWord;
}
