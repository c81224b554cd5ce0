import type { EntityManager } from 'typeorm';
import { localDateOf } from '../../../domain/calendar/local-day.ts';
import { isBilled } from '../../../domain/lifecycles/subscription.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import { atSavepoint } from '../../../platform/database/snapshot.ts';
import { queryIn } from '../../../platform/database/sql.ts';
import { byHalves, withoutCulprits } from '../../../platform/jobs/by-halves.ts';
import type { CreditNoteToIssue } from '../../credit-notes/index.ts';
import type { CustomerRow } from '../../customers/index.ts';
import { byWaking, type Decided, decideWake, type SubscriptionRow, wakesAt } from '../../subscriptions/index.ts';
import { forecastUnusedCredit } from '../credit-unused-time.ts';
import { type DueSubscription, readNamedForPricing } from '../subscription-to-price.ts';
import { type PricedSubscription, priceSubscriptions } from '../price-subscriptions.ts';
import { unitsOf } from '../write-invoices.ts';
import { creditableOf } from './creditable.ts';

export interface Present {
  /** A snapshot: nothing is written through it. */
  readonly manager: EntityManager;
  readonly taxRates: TaxRates;
  readonly organizationId: string;
  /** Those that are not stored, or not as they would be. */
  readonly customers?: readonly CustomerRow[];
  /** Hears of each subscription that cannot be woken or billed, and the others go on; absent: the first one is thrown. */
  readonly failed?: (subscriptionId: string, error: unknown) => void;
}

/**
 * Subscriptions and what becomes of them, without a row being written: time wakes them by the decisions of the verbs, boundaries are
 * priced as the generator prices them, and each goes on from what the one before left. Whoever looks ahead looks through this.
 */
export class Forecast {
  private readonly rows = new Map<string, SubscriptionRow>();
  /** What was billed, and when. */
  private readonly made = new Map<PricedSubscription, Date>();
  /** They stay where they are. */
  private readonly left = new Set<string>();

  constructor(
    private readonly present: Present,
    subscriptions: readonly SubscriptionRow[] = [],
  ) {
    for (const row of subscriptions) this.rows.set(row.id, row);
  }

  get subscriptions(): readonly SubscriptionRow[] {
    return [...this.rows.values()];
  }

  /** Goes on from what a verb decided. */
  take(decided: readonly Decided[]): void {
    for (const { row } of decided) this.rows.set(row.id, row);
  }

  /** The change that is planned for a subscription. */
  plannedChangeOf(id: string): SubscriptionRow | null {
    return this.subscriptions.find((row) => row.previousSubscriptionId === id && row.status === 'PENDING') ?? null;
  }

  /** When something happens next of itself; null: never again. */
  next(): Date | null {
    const instants = this.subscriptions.flatMap((row) => [wakesAt(row) ?? [], this.billedAt(row) ?? []].flat());
    return instants.reduce<Date | null>((first, at) => (first && first <= at ? first : at), null);
  }

  /** What time alone does up to this instant, as before every run. */
  async wake(now: Date): Promise<void> {
    for (;;) {
      const [row] = this.going.filter((candidate) => isPast(wakesAt(candidate), now)).toSorted(byWaking);
      if (!row) return;
      const previous = this.rows.get(row.previousSubscriptionId ?? '') ?? null;
      const decide = () => decideWake(this.present.manager, row, { previous, planned: this.plannedChangeOf(row.id) }, now);
      this.take((await this.apart([[row]], decide)).flat());
    }
  }

  /** One boundary of each subscription that is due by then; nothing when none is. */
  async bill(by: Date): Promise<PricedSubscription[]> {
    const due = this.going.filter((row) => isPast(this.billedAt(row), by)).map(({ id }) => id);
    if (due.length === 0) return [];
    const { manager, organizationId, taxRates, customers = [] } = this.present;
    const query = queryIn(manager);
    const made = [...this.made.keys()];
    const fees = made.flatMap((entry) => entry.priced.fees);
    const imagined = { subscriptions: this.subscriptions, customers, fees, invoices: made.map(creditableOf) };
    const subscriptions = await readNamedForPricing(query, organizationId, due, imagined);
    const price = (units: readonly (readonly DueSubscription[])[]) =>
      priceSubscriptions({ query, taxRates, imagined }, organizationId, units.flat());
    const priced = (await this.apart(unitsOf(subscriptions), price)).flat();
    for (const entry of priced) this.advance(entry, by);
    return priced;
  }

  /** Lives through everything up to an instant, overdue things at once. */
  async liveUntil(until: Date, now: Date): Promise<void> {
    for (let at = this.next(); at && at <= until; at = this.next()) {
      const instant = at < now ? now : at;
      await this.wake(instant);
      await this.bill(instant);
    }
  }

  /** The credit notes that the end of these subscriptions makes. */
  creditNotes(ended: readonly PricedSubscription[]): Promise<CreditNoteToIssue[]> {
    const before = [...this.made.keys()].filter((entry) => !ended.includes(entry)).map(creditableOf);
    return forecastUnusedCredit(queryIn(this.present.manager), this.present.organizationId, ended, before);
  }

  /** What was billed beside these or before, and when. */
  othersThan(billed: readonly PricedSubscription[]): readonly { readonly entry: PricedSubscription; readonly at: Date }[] {
    return [...this.made].flatMap(([entry, at]) => (billed.includes(entry) ? [] : [{ entry, at }]));
  }

  private get going(): readonly SubscriptionRow[] {
    return this.subscriptions.filter(
      ({ id, previousSubscriptionId }) => !this.left.has(id) && !this.left.has(previousSubscriptionId ?? ''),
    );
  }

  /** As a run does it: what fails is found by halves and left where it is. A failed statement spoils nothing that comes after it. */
  private async apart<Member extends { readonly id: string }, Result>(
    units: readonly (readonly Member[])[],
    work: (units: readonly (readonly Member[])[]) => Promise<readonly Result[]>,
  ): Promise<(readonly Result[])[]> {
    const { failed, manager } = this.present;
    if (!failed) return [await work(units)];
    const attempt = (some: readonly (readonly Member[])[]) => atSavepoint(manager, () => work(some));
    const leave = ({ id }: Member, reason: unknown): Promise<readonly Result[]> => {
      this.left.add(id);
      failed(id, reason);
      return Promise.resolve([]);
    };
    const parting = {
      work: (members: readonly Member[]) => attempt([members]),
      giveUp: leave,
      rehearse: (member: Member) => attempt([[member]]),
    };
    try {
      return [await attempt(units)];
    } catch (error) {
      const parted = await byHalves(units, error, {
        work: async (some) => [await attempt(some)],
        giveUp: (unit, reason) => withoutCulprits(unit, reason, parting),
      });
      return parted.flat();
    }
  }

  private advance(entry: PricedSubscription, at: Date): void {
    const { subscription, step, isRunning } = entry;
    const { next } = step;
    this.made.set(entry, at);
    const row = this.rows.get(subscription.id);
    if (!row || isRunning) return;
    const period = next && { currentPeriodStart: dateOf(next.start), currentPeriodEnd: dateOf(next.end) };
    this.rows.set(row.id, { ...row, ...period, finalInvoiceDue: row.finalInvoiceDue && next !== null });
  }

  /** When it is billed next; the claim of the generator is the same as SQL. */
  private billedAt(row: SubscriptionRow): Date | null {
    const isBillable = (isBilled(row.status) || row.finalInvoiceDue) && row.paymentProvider === 'MANUAL';
    const previous = this.rows.get(row.previousSubscriptionId ?? '');
    const waits = previous !== undefined && previous.billsSuccessor && previous.finalInvoiceDue;
    return isBillable && !waits ? boundaryOf(row) : null;
  }
}

const isPast = (at: Date | null, now: Date): boolean => at !== null && at <= now;

/** The end of its period; or its own end, where that is announced for the same day (see `isDue`). */
function boundaryOf({ currentPeriodEnd: boundary, endingAt, finalInvoiceDue, billingTimezone }: SubscriptionRow): Date | null {
  if (!boundary || !endingAt || finalInvoiceDue || endingAt <= boundary) return boundary;
  const [ends, turns] = [endingAt, boundary].map((at) => localDateOf(instantOf(at), billingTimezone));
  return ends && turns && ends.equals(turns) ? endingAt : boundary;
}
