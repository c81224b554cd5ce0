export { aggregateUsage, type Usage, type UsageRequest } from './aggregate-usage.ts';
export { registerEventsImport } from './events-import.command.ts';
export { IngestEvents } from './ingest-events.ts';
export { UsageModule } from './usage.module.ts';
export { ensureStream } from './usage-streams.ts';
