import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isoOf } from '../clock/clock.ts';
import { toJson } from '../http/strict-json.ts';
import { Operations } from './operations.ts';
import { type Operation, OperationsStore } from './operations.store.ts';

const lookAgainMs = 500;
const keepAliveMs = 30_000;
/** Streams of one operation, and of all operations, that one caller has open at this process. A vendor's server listens for many people. */
const streamsOfOne = 5;
const streamsOfAll = 500;

export class StreamQuery {
  /** The first event wanted is the one after this number; `Last-Event-ID` says the same. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : (value as unknown)))
  @IsInt()
  @Min(0)
  from_sequence?: number;
}

/** The number of the last event that the caller has heard of. */
export const lastHeard = (query: StreamQuery, lastEventId: string | undefined): bigint =>
  BigInt(lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? lastEventId : (query.from_sequence ?? 0));

export interface Listener {
  /** Whose streams are counted together. */
  readonly caller: string;
  readonly after: bigint;
  /** What of an event it may see; all by default. */
  readonly shows?: (payload: object) => object;
}

/** Server-Sent Events of an operation: what was said so far, from any number on, then what is said, until the end. */
@Injectable()
export class OperationStreams implements BeforeApplicationShutdown {
  private stopping = false;
  private readonly open = new Map<string, number>();

  constructor(
    private readonly operations: Operations,
    private readonly store: OperationsStore,
  ) {}

  /** Whoever listens comes back to another process and goes on where it was. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Resolves when the stream has ended. @throws BillingError too_many_requests */
  async serve(reply: FastifyReply, operation: Operation, listener: Listener): Promise<void> {
    const [all, one] = [listener.caller, `${listener.caller} ${operation.id}`];
    if ((this.open.get(all) ?? 0) >= streamsOfAll || (this.open.get(one) ?? 0) >= streamsOfOne)
      throw new BillingError('too_many_requests');
    for (const key of [all, one]) this.count(key, 1);
    const body = new PassThrough();
    void reply
      .headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
      .send(body);
    try {
      await this.write(body, operation, listener);
    } finally {
      body.end();
      for (const key of [all, one]) this.count(key, -1);
    }
  }

  private count(key: string, change: 1 | -1): void {
    const left = (this.open.get(key) ?? 0) + change;
    if (left > 0) this.open.set(key, left);
    else this.open.delete(key);
  }

  private async write(body: PassThrough, operation: Operation, { after, shows = (all) => all }: Listener): Promise<void> {
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
        send(event.type, { ...said, ...shows(event.payload) }, event.sequence);
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
