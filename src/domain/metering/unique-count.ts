import type { MeterEvent } from './meter-event.ts';
import { type Metric, rawValueOf } from './metric.ts';

/** A value that came into use or left it, with the event that said so. */
export interface UniqueChange {
  readonly event: MeterEvent;
  readonly value: string;
  readonly operation: 'add' | 'remove';
}

/** `operation_type` is `add` unless the event says `remove`. Adding what is in use and removing what is not change nothing. */
export function uniqueChanges(metric: Metric, events: readonly MeterEvent[], inUse: readonly string[]): readonly UniqueChange[] {
  const values = new Set(inUse);
  const changes: UniqueChange[] = [];
  for (const event of events) {
    const raw = rawValueOf(metric, event);
    if (raw === undefined) continue;
    const value = typeof raw === 'string' ? raw : raw.toDecimal();
    const operation = event.properties.operation_type === 'remove' ? 'remove' : 'add';
    if (values.has(value) === (operation === 'add')) continue;
    if (operation === 'add') values.add(value);
    else values.delete(value);
    changes.push({ event, value, operation });
  }
  return changes;
}

/** The values in use after the events. */
export function countUnique(metric: Metric, events: readonly MeterEvent[], inUse: readonly string[]): readonly string[] {
  const values = new Set(inUse);
  for (const { value, operation } of uniqueChanges(metric, events, inUse)) {
    if (operation === 'add') values.add(value);
    else values.delete(value);
  }
  return [...values];
}
