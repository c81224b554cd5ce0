import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { dayCountOf, type FeeDerivation } from '../../domain/invoicing/derivation.ts';
import type { FeeLine } from '../../domain/invoicing/fee.ts';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import { type Query, queryIn } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { log } from '../../platform/logging/log.ts';
import { type DraftRefresher, type InvoiceRow, redraftInvoices, type Redraft } from '../invoices/index.ts';
import { TAX_RATES } from '../taxes/index.ts';
import { priceSubscriptions, type PricedSubscription } from './price-subscriptions.ts';
import { type DueSubscription, readNamedForPricing } from './subscription-to-price.ts';
import { pricedTogether } from './write-invoices.ts';

/** A subscription's place on a draft, and the period at whose end it was priced. */
interface DraftedSpan {
  readonly invoice_id: string;
  readonly subscription_id: string;
  readonly invoicing_reason: string;
  readonly period_start: Date;
  readonly period_end: Date;
  readonly current_period_start: Date;
  readonly current_period_end: Date;
}

interface DraftedFee {
  readonly invoice_id: string;
  readonly subscription_id: string | null;
  readonly fee_type: string;
  readonly item_id: string | null;
  readonly amount_cents: string;
  readonly taxes_amount_cents: string;
  readonly derivation: FeeDerivation;
}

/** What drafts say, by invoice. */
interface Drafted {
  readonly spans: ReadonlyMap<string, readonly DraftedSpan[]>;
  readonly fees: ReadonlyMap<string, readonly DraftedFee[]>;
}

const selectSpans = {
  name: 'billing.drafted_spans',
  text: `select invoice_id, subscription_id, invoicing_reason, period_start, period_end, current_period_start, current_period_end
    from invoice_subscriptions where organization_id = $1 and invoice_id = any($2::uuid[]) and current_period_start is not null
    order by invoice_id, period_end, subscription_id`,
};

const selectFees = {
  name: 'billing.drafted_fees',
  text: `select invoice_id, subscription_id, fee_type, item_id, amount_cents::text, taxes_amount_cents::text, derivation
    from fees where organization_id = $1 and invoice_id = any($2::uuid[])`,
};

/**
 * Prices drafts again at the boundary that they bill, by the same function that made them. A draft is written again only where usage
 * made the difference: one whose plan, taxes, seller or subscription would be billed otherwise by now stays as it was made, because a
 * customer may have seen it.
 */
@Injectable()
export class RefreshDrafts implements DraftRefresher {
  constructor(@Inject(TAX_RATES) private readonly taxRates: TaxRates) {}

  async refresh(tx: Tx, organizationId: string, drafts: readonly InvoiceRow[], at: Date): Promise<InvoiceRow[]> {
    const generated = drafts.filter(({ source, status }) => source === 'GENERATED' && status === 'DRAFT');
    if (generated.length === 0) return [...drafts];
    const query = queryIn(tx);
    const ids = generated.map(({ id }) => id);
    const spans = byInvoice(await query<DraftedSpan>(selectSpans, [organizationId, ids]));
    const fees = byInvoice(await query<DraftedFee>(selectFees, [organizationId, ids]));
    const redrafts: Redraft[] = [];
    for (const wave of wavesOf(generated.filter(({ id }) => spans.has(id)))) {
      const priced = await this.price(query, organizationId, wave, { spans, fees });
      for (const row of wave) {
        const redraft = redraftOf(row, spans.get(row.id) ?? [], fees.get(row.id) ?? [], priced);
        if (redraft) redrafts.push(redraft);
      }
    }
    const redrafted = new Map((await redraftInvoices(tx, organizationId, redrafts, at)).map((row) => [row.id, row]));
    return drafts.map((row) => redrafted.get(row.id) ?? row);
  }

  private async price(
    query: Query,
    organizationId: string,
    wave: readonly InvoiceRow[],
    drafted: Drafted,
  ): Promise<ReadonlyMap<string, PricedSubscription>> {
    const wanted = wave.flatMap(({ id }) => drafted.spans.get(id) ?? []);
    const rows = await readNamedForPricing(
      query,
      organizationId,
      wanted.map((span) => span.subscription_id),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const then = wanted.flatMap((span) => {
      const row = byId.get(span.subscription_id);
      return row ? [{ ...asAtBoundary(row, span), ...countedAsIn(drafted.fees.get(span.invoice_id)) }] : [];
    });
    const sources = { query, taxRates: this.taxRates, redrafted: wave.map(({ id }) => id) };
    const priced = await priceSubscriptions(sources, organizationId, then);
    return new Map(priced.filter(({ isRunning }) => !isRunning).map((entry) => [entry.subscription.id, entry]));
  }
}

function byInvoice<Row extends { readonly invoice_id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.invoice_id);
    if (group) group.push(row);
    else groups.set(row.invoice_id, [row]);
  }
  return groups;
}

/**
 * Pricing knows a subscription by its id, and one may stand on several drafts: for its periods, and at its start on its predecessor's.
 * So drafts of one customer are priced one after the other.
 */
function wavesOf(drafts: readonly InvoiceRow[]): InvoiceRow[][] {
  const waves: InvoiceRow[][] = [];
  const seen = new Map<string, number>();
  for (const row of drafts) {
    const wave = seen.get(row.customerId) ?? 0;
    seen.set(row.customerId, wave + 1);
    (waves[wave] ??= []).push(row);
  }
  return waves;
}

/** Days go on being counted as the draft counts them, whatever its seller says since. */
const countedAsIn = ([first]: readonly DraftedFee[] = []): Partial<Pick<DueSubscription, 'day_count'>> =>
  first ? { day_count: dayCountOf(first.derivation) } : {};

/** The subscription as it stood: what happened to it after the boundary is not known yet. */
function asAtBoundary(row: DueSubscription, span: DraftedSpan): DueSubscription {
  const end = span.current_period_end;
  const until = (at: Date | null): Date | null => (at && at > end ? null : at);
  const hasEnded = row.terminated_at !== null && row.terminated_at <= end;
  return {
    ...row,
    current_period_start: span.current_period_start,
    current_period_end: end,
    terminated_at: until(row.terminated_at),
    paused_at: until(row.paused_at),
    resumed_at: until(row.resumed_at),
    ...(hasEnded ? {} : { successor_id: null, successor_plan: null }),
  };
}

function redraftOf(
  row: InvoiceRow,
  spans: readonly DraftedSpan[],
  fees: readonly DraftedFee[],
  priced: ReadonlyMap<string, PricedSubscription>,
): Redraft | null {
  const entries = spans.flatMap((span) => {
    const entry = priced.get(span.subscription_id);
    return entry && isSameBoundary(entry, span) && entry.entity.id === row.billingEntityId ? [entry] : [];
  });
  const [first, ...others] = entries;
  if (!first || entries.length < spans.length) return stays(row);
  const again = pricedTogether([first, ...others]);
  const before = new Map(fees.map((fee) => [keyOf(fee), contentOf(fee)]));
  const now = new Map(again.fees.map(draftedFeeOf).map((fee) => [keyOf(fee), contentOf(fee)]));
  if (isDeepStrictEqual(before, now)) return null;
  return again.currency === row.currency && onlyUsageDiffers(before, now) ? { row, priced: again } : stays(row);
}

function stays(row: InvoiceRow): null {
  log.info('a draft stays as it was made: more than its usage would come out otherwise now', { invoice_id: row.id });
  return null;
}

const isSameBoundary = ({ step: { reason, header } }: PricedSubscription, span: DraftedSpan): boolean =>
  reason === span.invoicing_reason &&
  dateOf(header.start).getTime() === span.period_start.getTime() &&
  dateOf(header.end).getTime() === span.period_end.getTime();

/** What of a fee is compared. */
interface Content {
  /** Usage moves it: what was counted, and what fills up a minimum that usage did not reach. */
  readonly isUsage: boolean;
  /** A standard price is its unit amount, a true-up's the minimum. */
  readonly price: unknown;
  readonly units: string;
  readonly inputs: unknown;
  readonly amounts: readonly string[];
}

/** Through JSON, as the stored one has gone. */
const draftedFeeOf = (fee: FeeLine): ComparedFee => ({
  subscription_id: fee.subscriptionId,
  fee_type: fee.type,
  item_id: fee.itemId,
  amount_cents: fee.amountCents.toString(),
  taxes_amount_cents: fee.taxesAmountCents.toString(),
  derivation: JSON.parse(JSON.stringify(fee.derivation)) as FeeDerivation,
});

type ComparedFee = Omit<DraftedFee, 'invoice_id'>;

function keyOf({ subscription_id: subscriptionId, fee_type: type, item_id: itemId, derivation }: ComparedFee): string {
  const { filter_id: filter = null, grouped_by: group = {}, billed, true_up: trueUp } = derivation;
  const groups = Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([subscriptionId, type, itemId, filter, groups, billed.start, billed.end, trueUp !== undefined]);
}

function contentOf({ fee_type: type, amount_cents: amount, taxes_amount_cents: taxed, derivation }: ComparedFee): Content {
  const { pricing, unit_amount: unitAmount, units, true_up: trueUp, taxes } = derivation;
  const ownPrice = pricing ? { model: pricing.charge_model, properties: pricing.properties } : unitAmount;
  return {
    isUsage: type === 'charge' || trueUp !== undefined,
    price: { of: trueUp ? trueUp.minimum_cents : ownPrice, taxes: taxes.map(({ code, rate }) => [code, rate]) },
    units,
    inputs: pricing?.inputs ?? null,
    amounts: [amount, taxed],
  };
}

/** Fees that usage makes may come, go and change, at the price they had; all others are the same. */
function onlyUsageDiffers(before: ReadonlyMap<string, Content>, now: ReadonlyMap<string, Content>): boolean {
  const others = (fees: ReadonlyMap<string, Content>) => new Map([...fees].filter(([, fee]) => !fee.isUsage));
  if (!isDeepStrictEqual(others(before), others(now))) return false;
  return [...before].every(([key, fee]) => !now.has(key) || isDeepStrictEqual(fee.price, now.get(key)?.price));
}
