import { Module } from '@nestjs/common';
import { EventQueue } from './event-queue.ts';
import { EventsController } from './events.controller.ts';
import { ExpressionsController } from './expressions.controller.ts';
import { IngestEvents } from './ingest-events.ts';
import { MetricDirectory } from './metric-directory.ts';
import { UsageEventsStore } from './usage-events.store.ts';
import { StreamDirectory } from './usage-streams.ts';

@Module({
  controllers: [EventsController, ExpressionsController],
  providers: [IngestEvents, EventQueue, UsageEventsStore, MetricDirectory, StreamDirectory],
  exports: [IngestEvents],
})
export class UsageModule {}
