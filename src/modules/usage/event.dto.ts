import { IsOptional } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsText } from '../../platform/http/validators.ts';

export class ListEventsQuery extends PageQuery {
  @IsOptional()
  @IsText()
  external_subscription_id?: string;
  @IsOptional()
  @IsText()
  code?: string;
  /** Included. */
  @IsOptional()
  @IsInstant()
  timestamp_from?: Date;
  /** Not included: periods are half-open. */
  @IsOptional()
  @IsInstant()
  timestamp_to?: Date;
}

export class ReadEventQuery {
  @IsOptional()
  @IsText()
  external_subscription_id?: string;
}
