import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { contradictions, knownProviderCustomers, knownStates } from '../../modules/payments/index.ts';
import type { Drift } from '../../modules/webhooks/index.ts';
import { parseExactJson } from '../../platform/http/strict-json.ts';
import { normaliseInvoice } from './normalise-invoice.ts';
import { normaliseCharge, normaliseSubscription } from './normalise.ts';
import { type Fields, fieldsOf, itemsOf, refOf, textOf } from './payload.ts';
import { StripeClient } from './stripe-client.ts';

/** Stripe's largest page, and the order it lists in: youngest first. */
const pageSize = 100;

interface Page {
  readonly data: readonly object[];
  readonly has_more: boolean;
}
type Paging = { limit: number; starting_after?: string };
type ReadPage = (paging: Paging) => Promise<Page>;

/** What is compared: only what we would have kept. */
interface Compared {
  readonly objectType: string;
  readonly read: ReadPage;
  readonly normalise: (object: Fields) => object;
  /** Whether one that we do not know could matter. */
  readonly matters: (object: Fields) => boolean;
  /** Ids of those that our side contradicts, with how, although we heard all of them. */
  readonly contradicted?: (objects: readonly Fields[]) => Promise<ReadonlyMap<string, string>>;
}

/** Reads everything that Stripe has, to find what it told us in vain. */
@Injectable()
export class StripeSweep {
  constructor(
    private readonly client: StripeClient,
    private readonly dataSource: DataSource,
  ) {}

  /** Every event since then, as bytes for the inbox. Stripe keeps them for 30 days. */
  async *events(since: Date): AsyncGenerator<Buffer> {
    const gte = Math.floor(since.getTime() / 1_000);
    for await (const event of this.pages((paging) => this.client.ask((sdk) => sdk.events.list({ ...paging, created: { gte } }))))
      yield Buffer.from(JSON.stringify(event));
  }

  /** Every object that is not what we hold to be true of it. */
  async *drifted(): AsyncGenerator<Drift> {
    const { client } = this;
    const kinds: readonly Compared[] = [
      {
        objectType: 'subscription',
        read: (paging) => client.ask((sdk) => sdk.subscriptions.list({ ...paging, status: 'all' })),
        normalise: normaliseSubscription,
        matters: () => true,
        contradicted: (subscriptions) => contradictions(this.dataSource, endsOf(subscriptions)),
      },
      {
        objectType: 'invoice',
        read: (paging) => client.ask((sdk) => sdk.invoices.list(paging)),
        normalise: normaliseInvoice,
        matters: () => true,
      },
      {
        objectType: 'charge',
        read: (paging) => client.ask((sdk) => sdk.charges.list(paging)),
        normalise: normaliseCharge,
        matters: (charge) => charge['refunded'] === true || (charge['amount_refunded'] ?? 0) !== 0,
      },
    ];
    for (const kind of kinds) yield* this.compare(kind);
  }

  private async *compare({ objectType, read, normalise, matters, contradicted }: Compared): AsyncGenerator<Drift> {
    for await (const objects of this.batches(read)) {
      const ids = objects.map((object) => textOf(object['id']) ?? '');
      const known = await knownStates(this.dataSource, objectType, ids);
      const customers = await knownProviderCustomers(
        this.dataSource,
        objects.flatMap((object) => refOf(object['customer']) ?? []),
      );
      const contradictory = await contradicted?.(objects);
      for (const object of objects) {
        const id = textOf(object['id']) ?? '';
        const state = known.get(id);
        const isOurs = state !== undefined || (matters(object) && customers.has(refOf(object['customer']) ?? ''));
        const differing = isOurs ? differences(state, normalise(object)) : [];
        const fields = [...differing, ...[contradictory?.get(id) ?? []].flat()];
        if (fields.length > 0) yield { objectType, objectId: id, fields, customerId: refOf(object['customer']) };
      }
    }
  }

  private async *pages(read: ReadPage): AsyncGenerator<object> {
    let after: string | undefined;
    for (let more = true; more;) {
      const page = await read({ limit: pageSize, ...(after === undefined ? {} : { starting_after: after }) });
      yield* page.data;
      after = refOf(page.data.at(-1)) ?? undefined;
      more = page.has_more && after !== undefined;
    }
  }

  private async *batches(read: ReadPage): AsyncGenerator<readonly Fields[]> {
    let batch: object[] = [];
    for await (const object of this.pages(read)) {
      batch.push(object);
      if (batch.length < pageSize) continue;
      yield asFields(batch);
      batch = [];
    }
    if (batch.length > 0) yield asFields(batch);
  }
}

/** As the wire has them: the SDK makes objects of its own of decimals. */
const asFields = (objects: readonly object[]): readonly Fields[] => itemsOf(parseExactJson(JSON.stringify(objects)));

/** Which of these subscriptions are over at Stripe. */
const endsOf = (subscriptions: readonly Fields[]): ReadonlyMap<string, boolean> =>
  new Map(
    subscriptions.map((each) => [
      textOf(each['id']) ?? '',
      each['status'] === 'canceled' || each['status'] === 'incomplete_expired',
    ]),
  );

/** Names of the fields that differ; all of them where nothing is known. What Stripe leaves out now and we learned before is no difference. */
function differences(known: object | undefined, seen: object): string[] {
  const [before, now] = [fieldsOf(known) ?? {}, fieldsOf(seen) ?? {}];
  if (!known) return ['missing'];
  return Object.keys(now).filter(
    (key) => now[key] !== null && JSON.stringify(sorted(before[key])) !== JSON.stringify(sorted(now[key])),
  );
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : fieldsOf(value)
      ? Object.fromEntries(
          Object.entries(value as object)
            .map(([key, inner]) => [key, sorted(inner)] as const)
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value;
