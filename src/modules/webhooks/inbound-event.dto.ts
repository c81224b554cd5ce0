import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../platform/http/pagination.ts';
import { IsInstant, IsText } from '../../platform/http/validators.ts';
import { inboundStatuses, type InboundStatus } from './inbound-event.entity.ts';

const upper = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

export class ListInboundEventsQuery extends PageQuery {
  @IsOptional()
  @Transform(upper)
  @IsIn(inboundStatuses)
  status?: InboundStatus;
  @IsOptional()
  @IsText()
  type?: string;
  /** The provider's id of the event. */
  @IsOptional()
  @IsText()
  event_id?: string;
}

export class ReplayInput {
  /** By when the events were received: from this instant … */
  @IsInstant()
  from: Date;
  /** … to before this one. */
  @IsInstant()
  to: Date;
  @IsOptional()
  @Transform(upper)
  @IsIn(inboundStatuses)
  status?: InboundStatus;
}
