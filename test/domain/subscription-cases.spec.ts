import type { Temporal } from 'temporal-polyfill';
import { startOfNextDayOf, splitAt } from '../../src/domain/calendar/spans.ts';
import type { Span } from '../../src/domain/calendar/span.ts';
import { decideCreditNote } from '../../src/domain/invoicing/credit-note.ts';
import type { CommitmentItem, InvoiceItem, UsageChargeItem } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';
import { beginSubscription } from '../../src/domain/lifecycles/begin-subscription.ts';
import { billingStep } from '../../src/domain/lifecycles/billing-step.ts';
import { decidePlanChange, type PlanTerms } from '../../src/domain/lifecycles/change-plan.ts';
import { endOfBilledDays, type Ending } from '../../src/domain/lifecycles/end-subscription.ts';
import { trialEnd } from '../../src/domain/lifecycles/trial.ts';
import { unusedCredit } from '../../src/domain/lifecycles/unused-credit.ts';
import { proratedUnits } from '../../src/domain/metering/recurring-proration.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { billingCase } from './cases.ts';
import { anchorAt, at, common, periodOf, planInvoice, planItem, rateOf, span } from './worlds.ts';

interface Plan {
  readonly plan_amount_cents: number;
  readonly plan_cents: number;
  readonly interval: 'weekly' | 'monthly' | 'quarterly' | 'yearly';
  readonly billing_time: 'calendar' | 'anniversary';
  readonly timezone: string;
  readonly tax_rate?: number;
  readonly started_at: string;
  readonly minimum_commitment_cents: number;
}

const startOf = (when: string): string => /\d{4}-\d\d-\d\dT[\d:]+Z/.exec(when)?.[0] ?? '';

/** Cut by days at an end: what is used, and what was not. */
function endSpans(
  billed: Span,
  end: { kind: Ending; at: Temporal.Instant; timezone: string; trialEndsAt?: Temporal.Instant | null },
) {
  const [used, unused] = splitAt(
    billed,
    endOfBilledDays({ ...end, how: end.kind }, end.timezone, { period: billed, since: billed.start }),
  );
  return { used, unused };
}

/** What Lago would do: the span of a plan that ends, and the credit note for what an advance payment did not get. */
function creditFor(
  given: { cents: number; tax?: number; timezone?: string },
  period: Span,
  billed: Span,
  ending: { kind: Ending; at: string; trialEndsAt?: string },
) {
  const timezone = given.timezone ?? 'UTC';
  const paid = planInvoice(planItem(given.cents, period, billed, rateOf(given.tax)), timezone);
  const { unused } = endSpans(billed, {
    kind: ending.kind,
    at: at(ending.at),
    timezone,
    trialEndsAt: ending.trialEndsAt ? at(ending.trialEndsAt) : null,
  });
  const credit = unusedCredit(
    { planAmountCents: BigInt(given.cents), billedCents: BigInt(paid.fee), creditedCents: 0n, period, timezone },
    unused,
  );
  const decision = decideCreditNote({
    subTotalCents: BigInt(paid.fee),
    taxesCents: BigInt(paid.taxes),
    creditedSubTotalCents: 0n,
    creditedTaxesCents: 0n,
    fees: [
      {
        feeId: 'fee',
        amountCents: BigInt(paid.fee),
        discountCents: Exact.zero,
        taxes: rateOf(given.tax),
        creditedCents: Exact.zero,
        creditCents: credit.preciseCents,
      },
    ],
  });
  if ('refused' in decision) throw new Error(decision.refused.reason);
  const { subTotalCents, taxesCents, totalCents } = decision.note;
  return {
    paid,
    days: credit.proration.billableDays,
    sub_total: Number(subTotalCents),
    taxes: Number(taxesCents),
    total: Number(totalCents),
  };
}

describe('a start in the middle', () => {
  it.each([
    'start-anniversary-pia-full',
    'start-calendar-monthly-feb2025',
    'start-calendar-monthly-jan8-tax20',
    'start-calendar-monthly-mar5',
    'start-calendar-monthly-la-previous-day',
    'start-weekly-paris',
  ])('%s', (id) => {
    const { given, when, expect: expected } = billingCase<Plan, Record<string, number | undefined>>(id);
    const start = startOf(when);
    const period = periodOf(anchorAt(given.interval, given.billing_time, start, given.timezone), start);
    const billed = { start: given.billing_time === 'anniversary' ? period.start : at(start), end: period.end };
    const { fee, taxes, total, proration } = planInvoice(
      planItem(given.plan_amount_cents, period, billed, rateOf(given.tax_rate)),
      given.timezone,
    );
    const figures = {
      fee_amount_cents: fee,
      taxes_amount_cents: taxes,
      total_amount_cents: total,
      days: proration?.billable_days,
      period_days: proration?.period_days,
    };
    const [found, wanted] = common(figures, expected);
    expect(found).toEqual(wanted);
  });
});

describe('trials', () => {
  it.each([
    ['trial-10-days', 10],
    ['trial-7-days-late-start-hour', 7],
  ])('%s', (id, days) => {
    const { given, expect: expected } = billingCase<Plan, Record<string, number>>(id);
    const ends = trialEnd(at(given.started_at), days, 'UTC');
    expect(ends?.toString()).toBe(expected.trial_ends_at);
    const anchor = anchorAt('monthly', 'calendar', given.started_at);
    const start = at(given.started_at);
    const step = billingStep({ anchor, current: { start, end: ends ?? start }, since: start, trialEndsAt: ends, end: null });
    const { period, billed } = step.plan.advance ?? { period: step.header, billed: step.header };
    const { fee, proration } = planInvoice(planItem(given.plan_amount_cents, period, billed));
    expect([fee, proration]).toEqual([
      expected.fee_amount_cents,
      { billable_days: expected.days, period_days: expected.period_days },
    ]);
  });

  it('trial-terminate-on-trial-end-day', () => {
    const { given, expect: expected } = billingCase<Plan, Record<string, number>>('trial-terminate-on-trial-end-day');
    const period = periodOf(anchorAt('monthly', 'calendar', given.started_at), given.started_at);
    const trialEndsAt = '2024-03-11T21:00:00Z';
    const billed = { start: at(trialEndsAt), end: period.end };
    const ending = { kind: 'terminated' as const, at: '2024-03-11T23:00:00Z', trialEndsAt };
    expect(creditFor({ cents: given.plan_amount_cents }, period, billed, ending).total).toBe(expected.credit_note_cents);
    const terms = {
      interval: 'monthly' as const,
      billingTime: 'calendar' as const,
      timezone: 'UTC',
      subscriptionAt: at('2024-03-11T23:05:00Z'),
      firstStartedAt: at(given.started_at),
      trialDays: 7,
    };
    const again = beginSubscription(terms, terms.subscriptionAt);
    expect(again).toMatchObject({ status: 'ACTIVE', trialEndsAt: null });
    const renewed = planItem(given.plan_amount_cents, period, { start: terms.subscriptionAt, end: period.end });
    expect(planInvoice(renewed).fee).toBe(expected.new_subscription_fee_cents);
    // Within the trial of the external id, the new subscription has what is left of it.
    const early = beginSubscription({ ...terms, subscriptionAt: at('2024-03-08') }, at('2024-03-08'));
    expect(early).toMatchObject({ status: 'TRIAL', trialEndsAt: at('2024-03-11T21:00:00Z') });
  });
});

describe('terminations in arrears', () => {
  it.each([
    [
      'terminate-after-midperiod-start-quarterly-calendar',
      'quarterly',
      'calendar',
      '2024-05-20T10:00:00Z',
      '2024-05-20T10:00:00Z',
      '2024-06-20T10:00:00Z',
    ],
    [
      'terminate-after-midperiod-start-quarterly-anniversary',
      'quarterly',
      'anniversary',
      '2024-01-15T00:00:00Z',
      '2024-05-20T10:00:00Z',
      '2024-06-20T10:00:00Z',
    ],
    [
      'terminate-arrears-dec-2022-tax20',
      'monthly',
      'calendar',
      '2022-12-15T00:00:00Z',
      '2022-12-15T00:00:00Z',
      '2022-12-20T06:00:00Z',
    ],
    ['ending-at-one-day-paris', 'monthly', 'anniversary', '2023-09-05T00:00:00Z', '2023-09-05T00:00:00Z', '2023-09-06T00:00:00Z'],
  ] as const)('%s', (id, interval, billingTime, subscriptionAt, startedAt, endedAt) => {
    const { given, expect: expected } = billingCase<Plan, Record<string, number | undefined>>(id);
    const timezone = given.timezone;
    const period = periodOf(anchorAt(interval, billingTime, subscriptionAt, timezone), endedAt);
    const billed = endSpans({ start: at(startedAt), end: period.end }, { kind: 'terminated', at: at(endedAt), timezone }).used;
    const { fee, total, proration } = planInvoice(planItem(given.plan_cents, period, billed, rateOf(given.tax_rate)), timezone);
    const whole = proration?.period_days;
    const figures = { days: proration?.billable_days, of: whole, period_days: whole, final_plan_fee_cents: fee, fee, total };
    const [found, wanted] = common(figures, expected);
    expect(found).toEqual(wanted);
  });

  it('terminate-arrears-feb12-2024, with recurring usage', () => {
    const { given, expect: expected } = billingCase<Plan & { recurring_prorated_units: number }, Record<string, number>>(
      'terminate-arrears-feb12-2024',
    );
    const period = span('2024-02-01', '2024-03-01');
    const { used } = endSpans(period, { kind: 'terminated', at: at('2024-02-12T06:00:00Z'), timezone: 'UTC' });
    const { fee } = planInvoice(planItem(given.plan_cents, period, used));
    expect([fee, recurringFee(used)]).toEqual([expected.plan_fee, expected.usage_fee]);
  });
});

/** Five units carried over at one euro each, for the days of this span of February 2024. */
function recurringFee(billed: Span): number {
  const metric = {
    code: 'seats',
    aggregation: 'sum_agg',
    fieldName: 'n',
    expression: null,
    recurring: true,
    rounding: null,
  } as const;
  const period = { billed, period: span('2024-02-01', '2024-03-01'), timezone: 'UTC' };
  const units = proratedUnits(metric, [], period, { total: Exact.parse('5'), values: [] });
  return Number(units.times(Exact.parse('100')).roundToInteger());
}

describe('terminations of what was paid in advance', () => {
  it.each([
    [
      'terminate-same-day-rounding',
      { cents: 10_000, timezone: 'UTC', tax: 20 },
      'calendar',
      '2025-02-08T00:00:00Z',
      '2025-02-08T12:00:00Z',
    ],
    [
      'terminate-pia-same-day-5000',
      { cents: 5000, timezone: 'UTC', tax: 20 },
      'calendar',
      '2023-02-08T00:00:00Z',
      '2023-02-08T00:00:00Z',
    ],
    [
      'terminate-pia-anniversary-5000',
      { cents: 5000, timezone: 'UTC', tax: 20 },
      'anniversary',
      '2023-02-08T00:00:00Z',
      '2023-02-08T00:00:00Z',
    ],
    [
      'terminate-in-advance-same-day',
      { cents: 2900, timezone: 'UTC', tax: 0 },
      'calendar',
      '2024-02-01T03:00:00Z',
      '2024-02-01T18:00:00Z',
    ],
    [
      'terminate-in-advance-feb12-2024',
      { cents: 2900, timezone: 'UTC', tax: 0 },
      'calendar',
      '2024-01-01T00:00:00Z',
      '2024-02-12T06:00:00Z',
    ],
    [
      'terminate-pia-la-timezone',
      { cents: 5000, timezone: 'America/Los_Angeles', tax: 20 },
      'calendar',
      '2023-02-08T00:00:00Z',
      '2023-02-08T00:00:00Z',
    ],
    [
      'terminate-skip-invoice',
      { cents: 10_000, timezone: 'UTC', tax: 20 },
      'calendar',
      '2025-02-08T00:00:00Z',
      '2025-02-21T00:00:00Z',
    ],
  ] as const)('%s', (id, plan, billingTime, start, end) => {
    const { expect: expected } = billingCase<Plan, Record<string, unknown>>(id);
    const period = periodOf(anchorAt('monthly', billingTime, start, plan.timezone), end);
    const note = creditFor(plan, period, laterStart(period, start), { kind: 'terminated', at: end });
    const figures = {
      credit_note: { sub_total: note.sub_total, taxes: note.taxes, total: note.total },
      credit_note_total: note.total,
      credit_note_cents: note.total,
      first_total: note.paid.total,
      unused_days: note.days,
    };
    const [found, wanted] = common(figures, expected);
    expect(found).toEqual(wanted);
  });

  it('cn-16000-tax25', () => {
    const { given, expect: expected } = billingCase<{ plan_cents: number; tax_rate: number }, object>('cn-16000-tax25');
    const period = span('2023-04-01', '2023-05-01');
    const { sub_total, taxes, total } = creditFor({ cents: given.plan_cents, tax: given.tax_rate }, period, period, {
      kind: 'terminated',
      at: '2023-04-01T09:00:00Z',
    });
    expect({ sub_total, taxes, total }).toEqual(expected);
  });
});

const laterStart = (period: Span, start: string): Span => splitAt(period, at(start))[1];

describe('plan changes', () => {
  it('upgrade-rule-yearly-comparison', () => {
    type Candidate = { interval: PlanTerms['interval']; cents: number };
    const { given, expect: expected } = billingCase<{ old: Candidate; candidates: Candidate[] }, { kinds: string[] }>(
      'upgrade-rule-yearly-comparison',
    );
    const terms = ({ interval, cents }: Candidate, id: string): PlanTerms => ({
      id,
      interval,
      amountCents: BigInt(cents),
      currency: 'EUR',
    });
    const kinds = given.candidates.map(
      (candidate, i) =>
        decidePlanChange({
          current: terms(given.old, 'old'),
          wanted: terms(candidate, `p${i}`),
          pendingPlanId: null,
          now: at('2024-01-10'),
          periodEnd: at('2024-02-01'),
        }).kind,
    );
    expect(kinds).toEqual(expected.kinds);
  });

  it('upgrade-arrears-calendar-feb12-2024', () => {
    const { given, expect: expected } = billingCase<
      { old_plan_cents: number; new_plan_cents: number },
      {
        old_plan_days: number;
        new_plan_days: number;
        upgrade_invoice: Record<string, number>;
        next_invoice: Record<string, number>;
      }
    >('upgrade-arrears-calendar-feb12-2024');
    const period = span('2024-02-01', '2024-03-01');
    const { used, unused } = endSpans(period, { kind: 'replaced', at: at('2024-02-12T06:00:00Z'), timezone: 'UTC' });
    const old = planInvoice(planItem(given.old_plan_cents, period, used));
    const next = planInvoice(planItem(given.new_plan_cents, period, unused));
    expect([old.proration?.billable_days, next.proration?.billable_days]).toEqual([
      expected.old_plan_days,
      expected.new_plan_days,
    ]);
    expect([old.fee, recurringFee(used)]).toEqual([expected.upgrade_invoice.plan_fee, expected.upgrade_invoice.usage_fee]);
    expect([next.fee, recurringFee(unused)]).toEqual([expected.next_invoice.plan_fee, expected.next_invoice.usage_fee]);
  });

  it('upgrade-in-advance-calendar-feb12-2024', () => {
    const { given, expect: expected } = billingCase<
      { old_plan_cents: number; new_plan_cents: number },
      { credit_note_cents: number; upgrade_invoice: Record<string, number>; next_invoice_total: number }
    >('upgrade-in-advance-calendar-feb12-2024');
    const period = span('2024-02-01', '2024-03-01');
    const ending = { kind: 'replaced' as const, at: '2024-02-12T06:00:00Z' };
    const credit = creditFor({ cents: given.old_plan_cents }, period, period, ending).total;
    const { used, unused } = endSpans(period, { kind: 'replaced', at: at(ending.at), timezone: 'UTC' });
    const { fee } = planInvoice(planItem(given.new_plan_cents, period, unused));
    expect(credit).toBe(expected.credit_note_cents);
    expect({
      plan_fee: fee,
      usage_fee: recurringFee(used),
      credit_note_applied: credit,
      total: fee + recurringFee(used) - credit,
    }).toEqual(expected.upgrade_invoice);
    expect(given.new_plan_cents + recurringFee(unused)).toBe(expected.next_invoice_total);
  });

  it('upgrade-monthly-to-yearly-anniversary', () => {
    const { expect: expected } = billingCase<unknown, Record<string, number | string>>('upgrade-monthly-to-yearly-anniversary');
    const subscriptionAt = '2023-06-29T12:12:00Z';
    const upgrade = '2023-09-28T05:00:00Z';
    const month = periodOf(anchorAt('monthly', 'anniversary', subscriptionAt), upgrade);
    expect(creditFor({ cents: 1000 }, month, month, { kind: 'replaced', at: upgrade }).total).toBe(expected.credit_note_cents);
    const year = periodOf(anchorAt('yearly', 'anniversary', subscriptionAt), upgrade);
    const { unused } = endSpans(year, { kind: 'replaced', at: at(upgrade), timezone: 'UTC' });
    const { fee, proration } = planInvoice(planItem(12_000, year, unused));
    expect([fee, proration]).toEqual([
      expected.new_fee_cents,
      { billable_days: expected.new_fee_days, period_days: expected.new_period_days },
    ]);
    expect(year.end.toString().slice(0, 10)).toBe('2024-06-29');
  });

  it('upgrade-zero-plan-hour-later', () => {
    const { expect: expected } = billingCase<unknown, Record<string, Record<string, number>>>('upgrade-zero-plan-hour-later');
    const period = span('2024-04-01', '2024-05-01');
    const first = endSpans(
      { start: at('2024-04-24T10:00:00Z'), end: period.end },
      { kind: 'replaced', at: at('2024-04-24T11:00:00Z'), timezone: 'UTC' },
    );
    expect(planInvoice(planItem(2000, period, first.used)).total).toBe(expected.upgrade_invoice?.total);
    const second = endSpans(
      { start: at('2024-04-24T11:00:00Z'), end: period.end },
      { kind: 'terminated', at: at('2024-04-26T11:00:00Z'), timezone: 'UTC' },
    );
    const final = planInvoice(planItem(2000, period, second.used, rateOf(20)));
    expect([final.fee, final.total]).toEqual([expected.termination_invoice?.plan_fee, expected.termination_invoice?.total]);
  });

  it('downgrade-arrears-old-period-billed-in-full', () => {
    const { given, expect: expected } = billingCase<
      Plan & { old_cents: number; minimum_commitment_old_cents: number },
      { final_invoice: Record<string, number> }
    >('downgrade-arrears-old-period-billed-in-full');
    const period = span('2024-05-01', '2024-06-01');
    const { used } = endSpans(period, { kind: 'replaced', at: at('2024-06-01T00:15:49Z'), timezone: 'UTC' });
    const { fees, totalCents } = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [planItem(given.old_cents, period, used), commitment(given.minimum_commitment_old_cents, period, used)],
    });
    expect(fees.map((fee) => [fee.type, Number(fee.amountCents)])).toEqual([
      ['subscription', expected.final_invoice.plan_fee],
      ['commitment', expected.final_invoice.commitment_fee],
    ]);
    expect(Number(totalCents)).toBe(expected.final_invoice.total);
  });

  it('downgrade-fixed-charges-in-advance: arrears of the old plan and advance items of the new one share an invoice', () => {
    const { given, expect: expected } = billingCase<
      { old: { cents: number }; new: { fixed_full_cents: number[] } },
      Record<'2023-09-01_invoice', { new_fixed_fees: number[] }>
    >('downgrade-fixed-charges-in-advance');
    const [august, september] = [span('2023-08-01', '2023-09-01'), span('2023-09-01', '2023-10-01')];
    const fixed = given.new.fixed_full_cents.map((cents, i): InvoiceItem => ({
      kind: 'fixed_charge',
      id: `f${i}`,
      name: 'Fixed',
      units: '1',
      prorated: true,
      pricing: pricingOf('standard', { amount: String(cents / 100) }),
      taxes: [],
      period: september,
      billed: september,
    }));
    const { fees } = priceInvoice({ currency: 'EUR', timezone: 'UTC', items: [planItem(given.old.cents, august), ...fixed] });
    expect(fees.map((fee) => Number(fee.amountCents))).toEqual([
      given.old.cents,
      ...expected['2023-09-01_invoice'].new_fixed_fees,
    ]);
    expect(fees.map((fee) => fee.from.toString().slice(0, 10))).toEqual(['2023-08-01', '2023-09-01', '2023-09-01']);
  });
});

const commitment = (amountCents: number, period: Span, billed: Span = period, billedBefore = 0): CommitmentItem => ({
  kind: 'commitment',
  id: 'plan',
  name: 'Minimum commitment',
  amountCents: BigInt(amountCents),
  billedBeforeCents: BigInt(billedBefore),
  taxes: [],
  period,
  billed,
});

const usageItem = (cents: number, period: Span, billed: Span = period, minimumCents?: number, tax?: number): UsageChargeItem => ({
  kind: 'charge',
  id: 'usage',
  name: 'Usage',
  taxes: rateOf(tax),
  period,
  billed,
  ...(minimumCents !== undefined && { minimumCents: BigInt(minimumCents) }),
  buckets: [{ pricing: pricingOf('standard', { amount: String(cents / 100) }), usage: { units: Exact.one, eventsCount: 1n } }],
});

describe('minimums', () => {
  it.each([
    ['commitment-monthly-calendar', '2023-02-10', '2023-02-04'],
    ['commitment-weekly-calendar', '2023-02-03', '2023-02-01'],
    ['commitment-monthly-anniversary', '2023-02-10', '2023-02-04'],
  ])('%s', (id, within, start) => {
    const { given, expect: expected } = billingCase<Plan, Record<string, number>>(id);
    const period = periodOf(anchorAt(given.interval, given.billing_time, given.started_at), within);
    const billed = laterStart(period, start);
    const { fees } = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [planItem(given.plan_cents, period, billed), commitment(given.minimum_commitment_cents, period, billed)],
    });
    expect(Number(fees.at(-1)?.amountCents)).toBe(expected.commitment_true_up_cents);
  });

  it.each([
    ['commitment-leap-feb28-arrears', 1000, 2000, 1000, 0],
    ['commitment-leap-feb28-advance', 2500, 4500, 1500, 0],
  ])('%s', (id, arrears, alreadyBilled, recurring) => {
    const { given, expect: expected } = billingCase<Plan & { pay_in_advance: boolean }, { true_up: (number | null)[] }>(id);
    const february = span('2024-02-01', '2024-03-01');
    const march = span('2024-03-01', '2024-04-01');
    const first = laterStart(february, '2024-02-28T10:00:00Z');
    const trueUp = (items: InvoiceItem[]) => {
      const last = priceInvoice({ currency: 'EUR', timezone: 'UTC', items }).fees.at(-1);
      return last?.type === 'commitment' ? Number(last.amountCents) : null;
    };
    const inAdvance = given.pay_in_advance;
    const planFee = (period: Span, billed: Span) => planInvoice(planItem(given.plan_cents, period, billed)).fee;
    // In advance the plan's fee of a period is on an earlier invoice, and this one has the fee of the next period.
    const ended = trueUp([
      inAdvance ? planItem(given.plan_cents, march) : planItem(given.plan_cents, february, first),
      usageItem(arrears, february, first),
      commitment(given.minimum_commitment_cents, february, first, alreadyBilled + (inAdvance ? planFee(february, first) : 0)),
    ]);
    const next = trueUp([
      inAdvance ? planItem(given.plan_cents, span('2024-04-01', '2024-05-01')) : planItem(given.plan_cents, march),
      usageItem(recurring, march),
      commitment(given.minimum_commitment_cents, march, march, inAdvance ? planFee(march, march) : 0),
    ]);
    expect([ended, next]).toEqual(expected.true_up.filter((amount) => amount !== null));
  });

  it('charge-minimum-prorated-on-termination', () => {
    const { given, expect: expected } = billingCase<
      Plan & { charge: { unit_price_cents: number; min_amount_cents: number } },
      { usage_fee: object; true_up_fee: object; draft: object; credit_note: object; final_total: number }
    >('charge-minimum-prorated-on-termination');
    const period = span('2023-02-01', '2023-03-01');
    const end = '2023-02-25T06:00:00Z';
    const { used } = endSpans(period, { kind: 'terminated', at: at(end), timezone: 'UTC' });
    const draft = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [usageItem(given.charge.unit_price_cents, period, used, given.charge.min_amount_cents, given.tax_rate)],
    });
    const shown = draft.fees.map((fee) => ({ cents: Number(fee.amountCents), tax: Number(fee.taxesAmountCents) }));
    expect(shown).toEqual([expected.usage_fee, expected.true_up_fee]);
    expect({
      fees: Number(draft.feesAmountCents),
      taxes: Number(draft.taxesAmountCents),
      total: Number(draft.totalCents),
    }).toEqual(expected.draft);
    const { sub_total, taxes, total } = creditFor({ cents: given.plan_cents, tax: given.tax_rate }, period, period, {
      kind: 'terminated',
      at: end,
    });
    expect({ sub_total, taxes, total }).toEqual(expected.credit_note);
    expect(Number(draft.totalCents) - total).toBe(expected.final_total);
  });

  it('a minimum that is reached makes no fee', () => {
    const period = span('2023-02-01', '2023-03-01');
    const { fees } = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [usageItem(800, period, period, 800), commitment(800, period)],
    });
    expect(fees).toHaveLength(1);
  });
});

describe('progressive billing', () => {
  it('progressive-then-terminate: a termination at local midnight uses that day', () => {
    const { given, expect: expected } = billingCase<Plan & { threshold_cents: number }, { final: Record<string, number> }>(
      'progressive-then-terminate',
    );
    const period = span('2022-12-01', '2023-01-01');
    const ends = at('2022-12-18T00:00:00Z');
    const { used } = endSpans(period, { kind: 'terminated', at: ends, timezone: 'UTC' });
    expect(used.end).toEqual(startOfNextDayOf(ends, 'UTC'));
    const { feesAmountCents, discountAmountCents, totalCents } = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [planItem(given.plan_cents, period, used), usageItem(20_000, period, used)],
      discounts: [
        {
          id: 'threshold',
          name: 'Invoiced before',
          discount: { amountCents: BigInt(given.threshold_cents) },
          itemIds: ['usage'],
        },
      ],
    });
    expect({ fees: Number(feesAmountCents), progressive_credit: Number(discountAmountCents), total: Number(totalCents) }).toEqual(
      expected.final,
    );
  });

  it('progressive-threshold-then-period-end', () => {
    const { given, expect: expected } = billingCase<Plan & { threshold_cents: number }, { final: Record<string, number> }>(
      'progressive-threshold-then-period-end',
    );
    const period = span('2022-12-01', '2023-01-01');
    const { feesAmountCents, discountAmountCents, totalCents } = priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: [planItem(given.plan_cents, period), usageItem(40_000, period)],
      discounts: [
        {
          id: 'threshold',
          name: 'Invoiced before',
          discount: { amountCents: BigInt(given.threshold_cents) },
          itemIds: ['usage'],
        },
      ],
    });
    expect({ fees: Number(feesAmountCents), progressive_credit: Number(discountAmountCents), total: Number(totalCents) }).toEqual(
      expected.final,
    );
  });
});

describe('ends and new beginnings', () => {
  it('ending-on-billing-day-in-advance: an end on a billing day begins no period', () => {
    const { given } = billingCase<{ subscription_at: string; ending_at: string; timezone: string }, unknown>(
      'ending-on-billing-day-in-advance',
    );
    const anchor = anchorAt('monthly', 'anniversary', given.subscription_at, given.timezone);
    const first = periodOf(anchor, given.subscription_at);
    const due = { kind: 'terminated', at: at(given.ending_at), timezone: given.timezone } as const;
    // The local day of the end is the first day of the next period; what was paid for is used up.
    expect(endSpans(first, due)).toMatchObject({ used: first, unused: { start: first.end, end: first.end } });
    const atBound = billingStep({ anchor, current: first, since: first.start, end: { at: first.end, how: 'terminated' } });
    expect(atBound.next).toBeNull();
    // The end is two hours into that day, which is not a day of its own, in advance or in arrears.
    const end = { at: at(given.ending_at), how: 'terminated' as const };
    const last = billingStep({ anchor, current: first, since: first.start, end });
    expect(last).toMatchObject({
      reason: 'TERMINATING',
      next: null,
      plan: { advance: null },
      usage: { billed: { start: first.start, end: end.at } },
      header: { start: first.start, end: end.at },
    });
    expect(last.plan.arrears?.billed).toEqual(first);
    const dayAfter = { ...end, at: end.at.add({ hours: 24 }) };
    expect(billingStep({ anchor, current: first, since: first.start, end: dayAfter }).next).not.toBeNull();
    const replaced = { ...end, how: 'replaced' as const };
    expect(billingStep({ anchor, current: first, since: first.start, end: replaced }).next).not.toBeNull();
  });

  it('recreate-same-external-id-keeps-anchor: the new subscription’s first period is the rest of the anchor’s', () => {
    const { given } = billingCase<{ subscription_at: string }, unknown>('recreate-same-external-id-keeps-anchor');
    const anchor = anchorAt('yearly', 'anniversary', given.subscription_at);
    const start = at('2026-03-13');
    const { next } = billingStep({ anchor, current: { start, end: start }, since: start, end: null });
    expect(next).toEqual(span('2026-03-13', '2026-03-15'));
  });
});
