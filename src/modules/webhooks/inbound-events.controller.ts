import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { OperatorOnly } from '../../platform/auth/principal.ts';
import { isId } from '../../platform/database/ids.ts';
import { metaOf, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { ListInboundEventsQuery, ReplayInput } from './inbound-event.dto.ts';
import { InboundEventRow } from './inbound-event.entity.ts';
import { presentInboundEvent } from './inbound-event.presenter.ts';
import { ReplayEvents } from './replay-events.ts';

@ApiTags('Webhooks')
@OperatorOnly()
@Controller('admin/v1/inbound_events')
export class InboundEventsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly replayEvents: ReplayEvents,
  ) {}

  @Get()
  async list(@QueryParams() query: ListInboundEventsQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(InboundEventRow, {
      where: {
        ...(query.status ? { status: query.status } : {}),
        ...(query.type === undefined ? {} : { type: query.type }),
        ...(query.event_id === undefined ? {} : { eventId: query.event_id }),
      },
      order: { receivedAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { inbound_events: rows.map(presentInboundEvent), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@Param('id') id: string) {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(InboundEventRow, { id }) : null;
    if (!row) throw new BillingError('inbound_event_not_found');
    return { inbound_event: presentInboundEvent(row) };
  }

  @Post('replay')
  @HttpCode(200)
  async replayRange(@Payload('replay') input: ReplayInput) {
    if (input.from >= input.to) throw invalid({ to: ['invalid_date'] });
    return { replayed: await this.replayEvents.range(input) };
  }

  @Post(':id/replay')
  @HttpCode(200)
  async replay(@Param('id') id: string) {
    return { inbound_event: presentInboundEvent(await this.replayEvents.one(id)) };
  }
}
