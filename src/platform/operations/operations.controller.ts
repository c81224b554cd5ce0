import { Controller, Delete, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CallerKeyId, OrganizationId } from '../auth/principal.ts';
import { QueryParams } from '../http/payload.ts';
import { presentOperation } from './operation.presenter.ts';
import { lastHeard, OperationStreams, StreamQuery } from './operation-streams.ts';
import { Operations } from './operations.ts';

@ApiTags('Operations')
@Controller('api/v1/operations')
export class OperationsController {
  constructor(
    private readonly operations: Operations,
    private readonly streams: OperationStreams,
  ) {}

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return { operation: presentOperation(await this.operations.find(organizationId, id)) };
  }

  /** Asks it to stop; what is done already stays done. */
  @Delete(':id')
  async cancel(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return { operation: presentOperation(await this.operations.cancel(organizationId, id)) };
  }

  /** Server-Sent Events: what was said so far, from any number on, then what is said, until the end. */
  @Get(':id/stream')
  async stream(
    @OrganizationId() organizationId: string,
    @CallerKeyId() caller: string,
    @Param('id') id: string,
    @QueryParams() query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const operation = await this.operations.find(organizationId, id);
    await this.streams.serve(reply, operation, { caller, after: lastHeard(query, lastEventId) });
  }
}
