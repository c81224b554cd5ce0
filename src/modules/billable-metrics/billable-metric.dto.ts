import { ArrayMaxSize, Equals, IsDefined, IsEmpty, IsIn, IsOptional, ValidateIf } from 'class-validator';
import { IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

export const aggregationWords = ['count_agg', 'sum_agg', 'max_agg', 'unique_count_agg', 'latest_agg'] as const;
export type AggregationWord = (typeof aggregationWords)[number];

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
abstract class BillableMetricFields {
  @IsOptional()
  @IsText()
  description?: string | null;
  /** Required unless events are counted, and refused then. */
  @IsOptional()
  @IsText()
  field_name?: string | null;
  @IsOptional()
  @Equals(false, unsupported)
  recurring?: false;
  @IsOptional()
  @IsEmpty(unsupported)
  expression?: null;
  @IsOptional()
  @IsEmpty(unsupported)
  rounding_function?: null;
  @IsOptional()
  @IsEmpty(unsupported)
  rounding_precision?: null;
  @IsOptional()
  @IsEmpty(unsupported)
  weighted_interval?: null;
  @IsOptional()
  @ArrayMaxSize(0, unsupported)
  filters?: [];
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
