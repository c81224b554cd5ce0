import type { Turn } from './statement-loop.ts';
import { metered } from './product.ts';

/** An event as a client sends it. */
interface WireEvent {
  readonly transaction_id: string;
  readonly external_subscription_id: string;
  readonly code: string;
  readonly timestamp: string;
  readonly properties: { readonly count: number; readonly model: string; readonly region: string };
}

export type Batch = readonly WireEvent[];

const models = ['small-1', 'medium-2', 'large-3'] as const;
const regions = ['eu-central-1', 'us-east-1'] as const;
const randomOf = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T;

/** New events of any of the shop's subscriptions, in the order in which they happened. */
export function makeBatches(batches: number, size: number, subscriptions: number): Batch[] {
  const startMs = Date.UTC(2026, 1, 1);
  return Array.from({ length: batches }, (_, batch) =>
    Array.from({ length: size }, (_, position) => ({
      transaction_id: crypto.randomUUID(),
      external_subscription_id: `sub-${1 + Math.floor(Math.random() * subscriptions)}`,
      code: metered,
      timestamp: new Date(startMs + batch * 1_000 + position).toISOString(),
      properties: { count: Math.floor(Math.random() * 100_000) / 100, model: randomOf(models), region: randomOf(regions) },
    })),
  );
}

/** What the bare driver needs to know that the product looks up. */
export interface StoredNames {
  readonly streamIds: ReadonlyMap<string, string>;
  readonly metricKey: number;
}

/** The batch as the parameters of the product's own INSERT, in the product's order. */
export function turnOf(
  batch: Batch,
  statement: { name: string | undefined; text: string },
  { streamIds, metricKey }: StoredNames,
): Turn {
  const rows = batch
    .map((event) => ({ event, streamId: streamIds.get(event.external_subscription_id) ?? '' }))
    .toSorted((a, b) => (a.streamId < b.streamId ? -1 : a.streamId > b.streamId ? 1 : 0));
  const receivedAt = new Date().toISOString();
  const values = [
    rows.map(({ streamId }) => streamId),
    rows.map(() => metricKey),
    rows.map(({ event }) => event.timestamp),
    rows.map(({ event }) => String(event.properties.count)),
    rows.map(() => null),
    rows.map(({ event }) => event.transaction_id),
    rows.map(() => receivedAt),
    rows.map(() => null),
    JSON.stringify(rows.map(({ event }) => event.properties)),
    // The metrics among them, and whether a repeat may differ in time.
    [metricKey],
    false,
  ];
  return [{ ...statement, values }];
}
