import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CallerSession, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { presentOperation } from '../../../platform/operations/operation.presenter.ts';
import { lastHeard, OperationStreams, StreamQuery } from '../../../platform/operations/operation-streams.ts';
import { Operations } from '../../../platform/operations/operations.ts';
import type { Operation } from '../../../platform/operations/operations.store.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { AttemptRow } from './attempt.entity.ts';

/** How the making of what a customer bought gets on, for its own people: a checkout's status names the operation. */
@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing/operations')
export class CustomerOperationsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly operations: Operations,
    private readonly streams: OperationStreams,
  ) {}

  @Get(':id')
  async read(@CallerSession() session: Session, @Param('id') id: string) {
    const { _links: _, ...operation } = presentOperation(await this.find(session, id));
    const _links = { stream: `/api/v1/billing/operations/${id}/stream` };
    return { operation: { ...withoutResult(operation), _links } };
  }

  /** Server-Sent Events, as of the vendor's operations. */
  @Get(':id/stream')
  async stream(
    @CallerSession() session: Session,
    @Param('id') id: string,
    @QueryParams() query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const operation = await this.find(session, id);
    const caller = `${session.holderId} ${session.subject}`;
    await this.streams.serve(reply, operation, { caller, after: lastHeard(query, lastEventId), shows: withoutResult });
  }

  /** @throws BillingError operation_not_found, for another customer's too */
  private async find({ organizationId, holderId: customerId }: Session, id: string): Promise<Operation> {
    const attempt = isId(id) ? await this.dataSource.manager.findOneBy(AttemptRow, { organizationId, id }) : null;
    const isOwn =
      attempt !== null &&
      (await this.dataSource.manager.existsBy(SubscriptionRow, { organizationId, customerId, id: attempt.subscriptionId }));
    if (!isOwn) throw new BillingError('operation_not_found');
    return this.operations.find(organizationId, id);
  }
}

/** What the vendor's service says besides is the vendor's. */
const withoutResult = (payload: object): object =>
  Object.fromEntries(Object.entries(payload).filter(([key]) => key !== 'result'));
