export { aggregateUsage, type CountRequest } from './aggregate-usage.ts';
export { type MeasuredUsage, measureUsage, type UsageFilter, type UsageRequest } from './measure-usage.ts';
export { countedEvent, countedMetric } from './meter-counted.ts';
export { registerEventsImport } from './events-import.command.ts';
export { IngestEvents } from './ingest-events.ts';
export { UsageModule } from './usage.module.ts';
export { instantCharges } from './usage-events.store.ts';
export { ensureStream } from './usage-streams.ts';
