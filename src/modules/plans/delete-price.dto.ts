import { IsBoolean, IsOptional } from 'class-validator';

export class DeletePriceInput {
  /** Whether it goes from subscriptions' own copies of the plan too: a price whatever it is there, a filter where the copy has the plan's. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}
