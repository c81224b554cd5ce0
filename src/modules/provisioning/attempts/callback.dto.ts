import { IsDefined, IsInt, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';
import { IsKey, IsRequiredText } from '../../../platform/http/validators.ts';

export class ProgressInput {
  /** What is being done, for whoever follows the operation. */
  @IsRequiredText()
  message: string;
  @IsDefined()
  @IsInt()
  @Min(0)
  @Max(100)
  progress_percent: number;
}

export class CompleteInput {
  /** What the resource is called where it was made. */
  @IsKey()
  resource_id: string;
  /** Anything else worth knowing: it stands in the operation's result and in the event. */
  @IsOptional()
  @IsObject({ message: 'value_is_invalid' })
  result?: Record<string, unknown>;
}

export class FailInput {
  /** Why it cannot be made, readable to the customer. */
  @IsRequiredText()
  error: string;
  /** A word for programs, such as `quota_exceeded`. */
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/, { message: 'value_is_invalid' })
  error_type?: string;
}
