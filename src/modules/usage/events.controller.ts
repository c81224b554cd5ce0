import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { MinimumRole, OrganizationId } from '../../platform/auth/principal.ts';
import { Rated } from '../../platform/rate-limit/rate-categories.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { ListEventsQuery, ReadEventQuery } from './event.dto.ts';
import { eventOf, eventSchemaForDocs, eventsOf } from './event-input.ts';
import { eventAnswer, eventsAnswer } from './event.presenter.ts';
import { findEvent, listEvents } from './events.queries.ts';
import { IngestEvents } from './ingest-events.ts';

const json = 'application/json; charset=utf-8';

/** Answers are JSON text that the presenter wrote. */
@ApiTags('Events')
@Controller('api/v1/events')
export class EventsController {
  constructor(
    private readonly ingestEvents: IngestEvents,
    private readonly dataSource: DataSource,
  ) {}

  @Rated('ingestion')
  @Post()
  @HttpCode(200)
  @MinimumRole('MEMBER')
  @Header('content-type', json)
  @ApiBody({ schema: { type: 'object', required: ['event'], properties: { event: eventSchemaForDocs } } })
  async create(@OrganizationId() organizationId: string, @Body() body: unknown): Promise<string> {
    return eventAnswer(await this.ingestEvents.one(organizationId, eventOf(body)));
  }

  @Rated('ingestion')
  @Post('batch')
  @HttpCode(200)
  @MinimumRole('MEMBER')
  @Header('content-type', json)
  @ApiBody({
    schema: {
      type: 'object',
      required: ['events'],
      properties: { events: { type: 'array', minItems: 1, maxItems: 1000, items: eventSchemaForDocs } },
    },
  })
  async createBatch(@OrganizationId() organizationId: string, @Body() body: unknown): Promise<string> {
    return eventsAnswer(await this.ingestEvents.batch(organizationId, eventsOf(body)));
  }

  @Get()
  @Header('content-type', json)
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListEventsQuery): Promise<string> {
    const page = pageOf(query);
    const { events, count } = await listEvents(this.dataSource, organizationId, query, page);
    return eventsAnswer(events, metaOf(page, count));
  }

  /** @throws BillingError event_not_found, for another tenant's too */
  @Get(':transaction_id')
  @Header('content-type', json)
  async read(
    @OrganizationId() organizationId: string,
    @Param('transaction_id') transactionId: string,
    @QueryParams() query: ReadEventQuery,
  ): Promise<string> {
    const event = await findEvent(this.dataSource, organizationId, transactionId, query.external_subscription_id);
    if (!event) throw new BillingError('event_not_found');
    return eventAnswer(event);
  }
}
