import { IsBoolean, IsDefined, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { IsResourceType } from '../../subscriptions/index.ts';

class ProvisionerFields {
  /** Where requests go; of kind `http` and only there. */
  @IsOptional()
  @IsString()
  @MaxLength(2048)
  url?: string | null;
  /** From the payment on, until the resource is made: a quarter of an hour by default. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(86_400)
  deadline_seconds?: number;
  /** Whether what was paid is given back when the resource cannot be made; by default it is not. */
  @IsOptional()
  @IsBoolean()
  refund_on_failure?: boolean;
}

export class CreateProvisionerInput extends ProvisionerFields {
  @IsDefined()
  @IsResourceType()
  resource_type: string;
  /** `none`: nobody has to make anything. `http`: the service at `url` makes it. */
  @IsDefined()
  @IsIn(['none', 'http'])
  kind: 'none' | 'http';
}

export class UpdateProvisionerInput extends ProvisionerFields {
  @IsOptional()
  @IsIn(['none', 'http'])
  kind?: 'none' | 'http';
}
