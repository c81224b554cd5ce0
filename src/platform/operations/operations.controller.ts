import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Controller, Delete, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CallerKeyId, OrganizationId } from '../auth/principal.ts';
import { isoOf } from '../clock/clock.ts';
import { QueryParams } from '../http/payload.ts';
import { toJson } from '../http/strict-json.ts';
import { presentOperation } from './operation.presenter.ts';
import { Operations } from './operations.ts';
import { type Operation, OperationsStore } from './operations.store.ts';

const lookAgainMs = 500;
const keepAliveMs = 30_000;
/** Streams of one caller that this process keeps open at once. */
const streamsAtOnce = 5;

export class StreamQuery {
  /** The first event wanted is the one after this number; `Last-Event-ID` says the same. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : (value as unknown)))
  @IsInt()
  @Min(0)
  from_sequence?: number;
}

@ApiTags('Operations')
@Controller('api/v1/operations')
export class OperationsController implements BeforeApplicationShutdown {
  private stopping = false;
  /** By key. */
  private readonly streams = new Map<string, number>();

  constructor(
    private readonly operations: Operations,
    private readonly store: OperationsStore,
  ) {}

  /** Whoever listens comes back to another process and goes on where it was. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

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
    const open = this.streams.get(caller) ?? 0;
    if (open >= streamsAtOnce) throw new BillingError('too_many_requests');
    this.streams.set(caller, open + 1);
    const from = lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? lastEventId : (query.from_sequence ?? 0);
    const body = new PassThrough();
    void reply
      .headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
      .send(body);
    try {
      await this.write(body, operation, BigInt(from));
    } finally {
      body.end();
      const left = (this.streams.get(caller) ?? 1) - 1;
      if (left > 0) this.streams.set(caller, left);
      else this.streams.delete(caller);
    }
  }

  private async write(body: PassThrough, operation: Operation, after: bigint): Promise<void> {
    const { organization_id: organizationId, id } = operation;
    const send = (event: string, payload: object, number?: string): void => {
      body.write(`${number === undefined ? '' : `id: ${number}\n`}event: ${event}\ndata: ${toJson(payload)}\n\n`);
    };
    send('connected', { operation_id: id, status: operation.status.toLowerCase() });
    let sentAt = performance.now();
    let last = after;
    while (!body.destroyed && !this.stopping) {
      // The state is read before the events: whoever sees the end has the last event too.
      const { finished_at: finishedAt } = await this.operations.find(organizationId, id);
      const events = await this.store.since(operation, last);
      for (const event of events) {
        last = BigInt(event.sequence);
        sentAt = performance.now();
        const said = { operation_id: id, sequence_number: last, timestamp: isoOf(event.created_at) };
        send(event.type, { ...said, ...event.payload }, event.sequence);
      }
      if (finishedAt && events.length === 0) return send('stream_end', { operation_id: id });
      if (performance.now() - sentAt >= keepAliveMs) {
        body.write(': keepalive\n\n');
        sentAt = performance.now();
      }
      if (events.length === 0) await pause(lookAgainMs);
    }
  }
}
