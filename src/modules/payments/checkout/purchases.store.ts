import type { Query } from '../../../platform/database/sql.ts';

/** A purchase at once, from before the payment provider is asked. Its id is the subscription's that it becomes. */
export interface PurchaseClaim {
  readonly organizationId: string;
  readonly id: string;
  readonly customerId: string;
  /** SHA-256 of what is bought: two clicks have the same. */
  readonly fingerprint: Buffer;
  readonly providerCustomerId: string;
}

export interface PurchaseKey {
  readonly organizationId: string;
  readonly id: string;
}

const selectJustMade = {
  name: 'purchases.just_made',
  text: `select id from purchases where organization_id = $1 and customer_id = $2 and fingerprint = $3
    and finished_at > clock_timestamp() - interval '1 minute' order by finished_at desc limit 1`,
};

/** The same, made a moment ago: asked for again within a minute it is a second click. */
export async function justMade(query: Query, claim: PurchaseClaim): Promise<string | undefined> {
  const [row] = await query<{ id: string }>(selectJustMade, [claim.organizationId, claim.customerId, claim.fingerprint]);
  return row?.id;
}

/** Longer than asking the provider takes, every try of it. */
const lease = `clock_timestamp() + interval '3 minutes'`;

const insert = {
  name: 'purchases.claim',
  text: `insert into purchases as p (organization_id, id, customer_id, fingerprint, provider_customer_id, locked_until)
    values ($1, $2, $3, $4, $5, ${lease})
    on conflict (organization_id, customer_id, fingerprint) where finished_at is null
      do update set locked_until = ${lease} where p.locked_until < clock_timestamp()
    returning id`,
};

/** The id under which it may be made now: this one's, or that of one whose maker is gone. Undefined while somebody else makes it. */
export async function claimPurchase(query: Query, claim: PurchaseClaim): Promise<string | undefined> {
  const { organizationId, id, customerId, fingerprint, providerCustomerId } = claim;
  const [row] = await query<{ id: string }>(insert, [organizationId, id, customerId, fingerprint, providerCustomerId]);
  return row?.id;
}

const finish = {
  name: 'purchases.finish',
  text: 'update purchases set finished_at = clock_timestamp() where organization_id = $1 and id = $2',
};
const release = {
  name: 'purchases.release',
  text: 'update purchases set locked_until = clock_timestamp() where organization_id = $1 and id = $2 and finished_at is null',
};
const forget = {
  name: 'purchases.forget',
  text: 'delete from purchases where organization_id = $1 and id = $2 and finished_at is null',
};

/** It is ours. */
export const finishPurchase = (query: Query, key: PurchaseKey): Promise<unknown> => query(finish, [key.organizationId, key.id]);

/** What the provider did is not known: whoever asks next goes on with it, and `abandonedPurchases` finds it. */
export const releasePurchase = (query: Query, key: PurchaseKey): Promise<unknown> => query(release, [key.organizationId, key.id]);

/** Nothing was bought. */
export const forgetPurchase = (query: Query, key: PurchaseKey): Promise<unknown> => query(forget, [key.organizationId, key.id]);

const claimAbandoned = {
  name: 'purchases.claim_abandoned',
  text: `update purchases p set locked_until = ${lease} from (select organization_id, id from purchases
      where finished_at is null and locked_until < clock_timestamp() - interval '2 minutes' order by locked_until limit 20 for update skip locked) a
    where p.organization_id = a.organization_id and p.id = a.id
    returning p.organization_id as "organizationId", p.id, p.provider_customer_id as "providerCustomerId"`,
};

/** Those that nobody goes on with, for this worker alone; what was paid for them goes back. */
export const abandonedPurchases = (query: Query): Promise<(PurchaseKey & { readonly providerCustomerId: string })[]> =>
  query(claimAbandoned, []);

const sweep = {
  name: 'purchases.sweep',
  text: `delete from purchases where finished_at < clock_timestamp() - interval '1 day'`,
};

export const sweepPurchases = (query: Query): Promise<unknown> => query(sweep, []);
