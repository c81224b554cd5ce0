import { draftDates } from '../../../domain/invoicing/document-dates.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import { atSavepoint } from '../../../platform/database/snapshot.ts';
import { queryIn } from '../../../platform/database/sql.ts';
import type { EffectiveEntity } from '../../billing-entities/index.ts';
import { type CreditNoteToIssue, creditsFor, type CreditTaker } from '../../credit-notes/index.ts';
import { type DraftToWrite, type InvoiceRow, waitingDraftsOf } from '../../invoices/index.ts';
import { countAgain } from '../drafts/count-again.ts';
import { readDrafted } from '../drafts/drafted.store.ts';
import { creditableOf } from '../forecast/creditable.ts';
import type { Forecast } from '../forecast/forecast.ts';
import { isInvoiced, type PricedSubscription } from '../price-subscriptions.ts';
import type { Scene } from './what-if.ts';

interface Foreseen {
  readonly billed: readonly PricedSubscription[];
  readonly draft: DraftToWrite;
  /** When it would be made. */
  readonly at: Date;
}

interface Issue {
  readonly taker: CreditTaker;
  readonly at: Date;
}

/** Drafts whose time has come between two rounds of the finalizer are issued together. */
const roundMs = 300_000;

/**
 * Minor units of credit that an invoice will take when it is issued: what is left by drafts of the customer that are issued before it,
 * stored ones with the usage known now, and those that would be made before. A draft that waits for a person is not foreseen.
 */
export async function foreseenCredit(
  { manager, organizationId }: Scene,
  forecast: Forecast,
  { billed, draft, at }: Foreseen,
  notes: readonly CreditNoteToIssue[],
): Promise<bigint> {
  const { customerId, entity, priced } = draft;
  const { currency, totalCents } = priced;
  const own = { id: 'preview', customerId, billingEntityId: entity.id, currency, totalCents };
  const others = forecast
    .othersThan(billed)
    .filter((other) => other.entry.subscription.customer_id === customerId && isInvoiced(other.entry));
  const earlierNotes = await forecast.creditNotes(others.map(({ entry }) => entry));
  const issues: Issue[] = [];
  for (const row of await waitingDraftsOf(manager, organizationId, customerId)) {
    const recounted = await atSavepoint(manager, () => recountedCents(manager, row)).catch(() => row.totalCents);
    issues.push({ taker: { ...row, totalCents: recounted }, at: row.scheduledFinalizeAt ?? at });
  }
  for (const other of others) issues.push({ taker: takerOf(other.entry), at: issuedAt(other.entry.entity, other.at) });
  issues.push({ taker: own, at: issuedAt(entity, at) });
  const credits = await creditsFor(queryIn(manager), organizationId, inRounds(issues), [...earlierNotes, ...notes]);
  return credits.get(own.id) ?? 0n;
}

const issuedAt = (entity: EffectiveEntity, madeAt: Date): Date =>
  dateOf(draftDates(entity, instantOf(madeAt)).scheduledFinalizeAt);

function takerOf(entry: PricedSubscription): CreditTaker {
  const { id, customer_id: customerId, billing_entity_id: billingEntityId, currency } = creditableOf(entry);
  return { id, customerId, billingEntityId, currency, totalCents: entry.priced.totalCents };
}

async function recountedCents(manager: Scene['manager'], row: InvoiceRow): Promise<bigint> {
  const query = queryIn(manager);
  const drafted = await readDrafted(query, row.organizationId, [row.id]);
  if (!drafted.has(row.id)) return row.totalCents;
  const counted = await countAgain(query, row.organizationId, [row], drafted);
  return counted.get(row.id)?.totalCents ?? row.totalCents;
}

/** In the order of issue, of equal ones as they are given. */
function inRounds(issues: readonly Issue[]): CreditTaker[][] {
  const rounds = new Map<number, CreditTaker[]>();
  for (const { taker, at } of issues.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    const round = Math.ceil(at.getTime() / roundMs);
    rounds.set(round, [...(rounds.get(round) ?? []), taker]);
  }
  return [...rounds.values()];
}
