import { Temporal } from 'temporal-polyfill';
import type { BillingAnchor } from '../../src/domain/calendar/billing-period.ts';
import { beginSubscription } from '../../src/domain/lifecycles/begin-subscription.ts';
import { billingStep } from '../../src/domain/lifecycles/billing-step.ts';
import { prorationOf } from '../../src/domain/proration/local-days.ts';
import { decidePlanChange } from '../../src/domain/lifecycles/change-plan.ts';
import type { Ending } from '../../src/domain/lifecycles/end-subscription.ts';
import { type UnitsHistory, unitsAt, unitsGrowth, unitsPieces } from '../../src/domain/lifecycles/quantity.ts';
import { trialEnd } from '../../src/domain/lifecycles/trial.ts';
import { chargeMistakes, fixedChargeModels, mayRecur } from '../../src/domain/pricing/charge-rules.ts';
import { at, span } from './worlds.ts';

const january = span('2026-01-01', '2026-02-01');
const plan = (id: string, amountCents: bigint, currency = 'EUR') => ({ id, interval: 'monthly' as const, amountCents, currency });

describe('asking for another plan', () => {
  const request = { current: plan('a', 1000n), pendingPlanId: null, now: at('2026-01-10'), periodEnd: january.end };

  it('is at once when it is at least as dear, and waits for the end of the period when it is cheaper', () => {
    expect(decidePlanChange({ ...request, wanted: plan('b', 1000n) })).toEqual({ kind: 'upgrade', at: request.now });
    expect(decidePlanChange({ ...request, wanted: plan('b', 999n) })).toEqual({ kind: 'downgrade', at: january.end });
    expect(decidePlanChange({ ...request, wanted: plan('b', 999n), immediately: true })).toEqual({
      kind: 'upgrade',
      at: request.now,
    });
  });

  it('for the plan it has does nothing, or drops the change that is pending', () => {
    expect(decidePlanChange({ ...request, wanted: request.current })).toEqual({ kind: 'none' });
    expect(decidePlanChange({ ...request, wanted: request.current, pendingPlanId: 'b' })).toEqual({ kind: 'cancel_pending' });
  });

  it('again for the pending plan changes nothing; for a third one replaces it', () => {
    expect(decidePlanChange({ ...request, wanted: plan('b', 999n), pendingPlanId: 'b' })).toEqual({ kind: 'none' });
    expect(decidePlanChange({ ...request, wanted: plan('b', 999n), pendingPlanId: 'b', immediately: true })).toMatchObject({
      kind: 'upgrade',
    });
    expect(decidePlanChange({ ...request, wanted: plan('c', 998n), pendingPlanId: 'b' })).toMatchObject({ kind: 'downgrade' });
  });

  it('in another currency is refused', () => {
    expect(decidePlanChange({ ...request, wanted: plan('b', 2000n, 'USD') })).toEqual({
      kind: 'refused',
      field: 'plan_code',
      reason: 'currencies_does_not_match',
    });
  });
});

describe('quantities of a fixed charge', () => {
  const history = (...changes: [units: string, when: string, immediately?: boolean][]): UnitsHistory => ({
    units: changes.at(-1)?.[0] ?? '3',
    changes: changes.map(([units, when, immediately = true], i) => ({
      id: `c${i}`,
      unitsBefore: changes[i - 1]?.[0] ?? '3',
      units,
      at: at(when),
      immediately,
    })),
  });
  const february = span('2026-02-01', '2026-03-01');
  const growth = (given: UnitsHistory, position: number, paid = january) => {
    const change = given.changes[position];
    return change ? unitsGrowth(given, change, paid, 'UTC') : null;
  };

  it('are billed one after the other; the day of a change is the new one’s', () => {
    const changes = history(
      ['5', '2026-01-10T15:00:00Z'],
      ['5.0', '2026-01-12T00:00:00Z'],
      ['2', '2026-01-20T00:00:00Z'],
      ['9', '2026-02-01T00:00:00Z'],
    );
    expect(unitsPieces(changes, january, 'UTC')).toEqual([
      { units: '3', billed: span('2026-01-01', '2026-01-10') },
      { units: '5', billed: span('2026-01-10', '2026-01-20') },
      { units: '2', billed: span('2026-01-20', '2026-02-01') },
    ]);
    expect(unitsPieces(changes, february, 'UTC')).toEqual([{ units: '9', billed: february }]);
  });

  it('of one day: the last holds', () => {
    const changes = history(['5', '2026-01-10T15:00:00Z'], ['7', '2026-01-10T16:00:00Z']);
    expect(unitsPieces(changes, january, 'UTC').map(({ units }) => units)).toEqual(['3', '7']);
    expect(unitsPieces(history(['4', '2026-01-01T00:00:00Z']), january, 'UTC')).toEqual([{ units: '4', billed: january }]);
    expect(unitsPieces(history(), january, 'UTC')).toEqual([{ units: '3', billed: january }]);
  });

  it('for the next period wait for it, and what is asked for last holds', () => {
    const waiting = history(['5', '2026-01-10T15:00:00Z', false]);
    expect(unitsPieces(waiting, january, 'UTC')).toEqual([{ units: '3', billed: january }]);
    expect(unitsAt(waiting, february.start)).toBe('5');
    const undone = history(['5', '2026-01-10T15:00:00Z', false], ['3', '2026-01-11T15:00:00Z', false]);
    expect(unitsAt(undone, february.start)).toBe('3');
    const replaced = history(['5', '2026-01-10T15:00:00Z', false], ['8', '2026-01-11T15:00:00Z']);
    expect(unitsPieces(replaced, january, 'UTC').map(({ units }) => units)).toEqual(['3', '8']);
    expect(unitsAt(replaced, february.start)).toBe('8');
  });

  it('paid in advance cost only their growth beyond the most that is paid for, for the days that are left', () => {
    const growing = history(
      ['5', '2026-01-11T10:00:00Z'],
      ['2', '2026-01-12T10:00:00Z'],
      ['5', '2026-01-13T10:00:00Z'],
      ['6', '2026-01-14T10:00:00Z'],
    );
    expect([0, 1, 2, 3].map((position) => growth(growing, position))).toEqual([
      { units: '5', paidUnits: '3', billed: span('2026-01-11', '2026-02-01') },
      null,
      null,
      { units: '6', paidUnits: '5', billed: span('2026-01-14', '2026-02-01') },
    ]);
    expect(growth(growing, 0, february)).toBeNull();
    expect(growth(growing, 0, span('2026-01-01', '2026-01-11'))).toBeNull();
    expect(growth(history(['5', '2026-01-11T10:00:00Z', false]), 0)).toBeNull();
    expect(growth(history(['5', '2026-01-01T00:00:00Z']), 0)).toBeNull();
    expect(growth(history(['5', '2026-02-01T00:00:00Z']), 0)).toBeNull();
  });
});

describe('the end of what is billed by days', () => {
  const anchor: BillingAnchor = {
    interval: 'monthly',
    billingTime: 'calendar',
    anchorDate: Temporal.PlainDate.from('2026-01-01'),
    timezone: 'UTC',
  };
  const billedUntil = (how: Ending, ends: string, trialEndsAt?: string) =>
    billingStep({
      anchor,
      current: { start: at(trialEndsAt ?? '2026-01-01'), end: at(ends) },
      since: at('2026-01-01'),
      trialEndsAt: trialEndsAt ? at(trialEndsAt) : null,
      end: { at: at(ends), how, trialEndsAt: trialEndsAt ? at(trialEndsAt) : null },
    }).plan.arrears?.billed;

  it('uses the day of a termination; that of a change is the successor’s, that of a pause free', () => {
    expect(billedUntil('terminated', '2026-01-05T12:00:00Z')).toEqual(span('2026-01-01', '2026-01-06'));
    expect(billedUntil('replaced', '2026-01-05T12:00:00Z')).toEqual(span('2026-01-01', '2026-01-05'));
    expect(billedUntil('paused', '2026-01-05T12:00:00Z')).toEqual(span('2026-01-01', '2026-01-05'));
    expect(billedUntil('paused', '2026-01-01T12:00:00Z')).toBeUndefined();
  });

  it('leaves the day on which the trial ended to the trial', () => {
    expect(billedUntil('terminated', '2026-01-05T12:00:00Z', '2026-01-05T08:00:00Z')).toBeUndefined();
    expect(billedUntil('terminated', '2026-01-06T01:00:00Z', '2026-01-05T08:00:00Z')).toEqual(
      span('2026-01-05T08:00:00Z', '2026-01-07'),
    );
  });
});

describe('trials', () => {
  it('end at the hour they began, whatever the clocks did', () => {
    expect(trialEnd(at('2026-03-28T12:00:00Z'), 2, 'Europe/Paris')?.toString()).toBe('2026-03-30T11:00:00Z');
    expect(trialEnd(at('2026-03-28T12:00:00Z'), 0, 'Europe/Paris')).toBeNull();
  });

  const monthly: BillingAnchor = {
    interval: 'monthly',
    billingTime: 'calendar',
    anchorDate: Temporal.PlainDate.from('2026-01-10'),
    timezone: 'UTC',
  };
  const since = at('2026-01-10');
  const [february, march] = [span('2026-02-01', '2026-03-01'), span('2026-03-01', '2026-04-01')];

  it('begin with a period that ends with it or with the trial, whichever comes first', () => {
    const terms = {
      interval: 'monthly' as const,
      billingTime: 'calendar' as const,
      timezone: 'UTC',
      subscriptionAt: since,
      inAdvance: true,
    };
    const begun = (trialDays: number) => beginSubscription({ ...terms, trialDays }, at('2026-01-10T01:00:00Z'));
    expect(begun(0)).toMatchObject({ status: 'ACTIVE', periodStart: since, periodEnd: since });
    expect(begun(7)).toMatchObject({ status: 'TRIAL', periodStart: since, periodEnd: at('2026-01-17') });
    expect(begun(70)).toMatchObject({ status: 'TRIAL', periodEnd: at('2026-02-01'), trialEndsAt: at('2026-03-21') });
  });

  it('within a period cut it: the plan begins there, usage and commitment are of the whole', () => {
    const trialEndsAt = at('2026-02-11T08:00:00Z');
    const first = billingStep({ anchor: monthly, current: { start: since, end: february.start }, since, trialEndsAt, end: null });
    expect(first).toMatchObject({
      reason: 'PERIODIC',
      next: { start: february.start, end: trialEndsAt },
      plan: { arrears: null, advance: null },
      fixed: { arrears: null, advance: null },
      usage: { billed: { start: since, end: february.start } },
      committed: { billed: { start: since, end: february.start } },
    });
    const current = { start: february.start, end: trialEndsAt };
    const cut = billingStep({ anchor: monthly, current, since, trialEndsAt, end: null });
    const rest = { start: trialEndsAt, end: february.end };
    expect(cut).toMatchObject({
      reason: 'STARTING',
      header: rest,
      next: rest,
      usage: null,
      committed: null,
      plan: { arrears: null, advance: { period: february, billed: rest } },
    });
    const second = billingStep({ anchor: monthly, current: rest, since, trialEndsAt, end: null });
    expect(second).toMatchObject({
      reason: 'PERIODIC',
      header: february,
      next: march,
      plan: { arrears: { period: february, billed: rest }, advance: { billed: march } },
      usage: { billed: february },
      committed: { billed: february },
    });
  });

  it('that end with a period make no boundary of their own', () => {
    const trialEndsAt = february.start;
    const step = billingStep({ anchor: monthly, current: { start: since, end: trialEndsAt }, since, trialEndsAt, end: null });
    expect(step).toMatchObject({
      reason: 'PERIODIC',
      next: february,
      plan: { arrears: null, advance: { billed: february } },
      usage: { billed: { start: since, end: february.start } },
    });
  });

  it('in a year that is billed by the month', () => {
    const yearly = { ...monthly, interval: 'yearly' as const };
    const terms = { anchor: yearly, chargesMonthly: true, since, end: null };
    const year = span('2026-01-01', '2027-01-01');
    const inMonth = at('2026-02-11');
    const cut = billingStep({ ...terms, current: { start: february.start, end: inMonth }, trialEndsAt: inMonth });
    expect(cut.plan.advance).toMatchObject({ period: year, billed: { start: inMonth, end: year.end } });
    const atBound = billingStep({ ...terms, current: february, trialEndsAt: march.start });
    expect(atBound.plan.advance).toMatchObject({ period: year, billed: { start: march.start, end: year.end } });
    expect(atBound.usage?.billed).toEqual(february);
    // A year that begins in the trial is not billed in advance before the trial ends.
    const december = span('2026-12-01', '2027-01-01');
    const still = billingStep({ ...terms, current: december, trialEndsAt: at('2027-01-20') });
    expect(still.plan).toEqual({ arrears: null, advance: null });
  });

  it('that are ended in leave the usage to bill', () => {
    const ends = at('2026-01-15T10:00:00Z');
    const trialEndsAt = at('2026-01-20');
    const step = billingStep({
      anchor: monthly,
      current: { start: since, end: ends },
      since,
      trialEndsAt,
      end: { at: ends, how: 'terminated', trialEndsAt },
    });
    expect(step).toMatchObject({
      reason: 'TERMINATING',
      plan: { arrears: null },
      usage: { billed: { start: since, end: ends } },
      committed: { billed: { start: since, end: at('2026-01-16') } },
    });
  });
});

describe('what a charge may not combine', () => {
  const charge = { model: 'standard', payInAdvance: false, invoiceable: true, prorated: false, minAmountCents: 0n } as const;
  const metric = { aggregation: 'sum_agg', recurring: true } as const;
  const both = ['invalid_aggregation_type_or_charge_model'];
  it.each([
    [{}, {}, null],
    [{ payInAdvance: true }, {}, null],
    [{ payInAdvance: true, invoiceable: false }, {}, null],
    [{ minAmountCents: 5n }, {}, null],
    [{ prorated: true }, {}, null],
    [{ prorated: true, model: 'volume' }, {}, null],
    [{ prorated: true, model: 'graduated' }, {}, null],
    [{ prorated: true, payInAdvance: true }, {}, null],
    [{ model: 'dynamic' }, {}, null],
    [{ model: 'dynamic' }, { aggregation: 'count_agg' }, { charge_model: both }],
    [{ payInAdvance: true, model: 'volume' }, {}, { pay_in_advance: both }],
    [{ payInAdvance: true }, { aggregation: 'max_agg' }, { pay_in_advance: both }],
    [{ payInAdvance: true }, { aggregation: 'latest_agg' }, { pay_in_advance: both }],
    [{ payInAdvance: true }, { aggregation: 'weighted_sum_agg' }, { pay_in_advance: both }],
    [{ invoiceable: false }, {}, { invoiceable: ['must_be_pay_in_advance'] }],
    [{ minAmountCents: 1n, payInAdvance: true }, {}, { min_amount_cents: ['not_compatible_with_pay_in_advance'] }],
    [{ prorated: true }, { recurring: false }, { prorated: ['invalid_billable_metric_or_charge_model'] }],
    [{ prorated: true }, { aggregation: 'weighted_sum_agg' }, { prorated: ['invalid_billable_metric_or_charge_model'] }],
    [{ prorated: true, model: 'package' }, {}, { prorated: ['invalid_billable_metric_or_charge_model'] }],
    [{ prorated: true, model: 'graduated', payInAdvance: true }, {}, { prorated: ['invalid_billable_metric_or_charge_model'] }],
  ] as const)('%j on %j: %j', (chargeChange, metricChange, mistakes) => {
    expect(chargeMistakes({ ...charge, ...chargeChange }, { ...metric, ...metricChange })).toEqual(mistakes);
  });

  it('fixed charges are standard, graduated or volume; only some aggregations carry over', () => {
    expect(fixedChargeModels).toEqual(['standard', 'graduated', 'volume']);
    expect(
      (['count_agg', 'sum_agg', 'max_agg', 'unique_count_agg', 'weighted_sum_agg', 'latest_agg', 'custom_agg'] as const).filter(
        mayRecur,
      ),
    ).toEqual(['sum_agg', 'unique_count_agg', 'weighted_sum_agg', 'custom_agg']);
  });
});

describe('a move to another zone', () => {
  const anchor: BillingAnchor = {
    interval: 'monthly',
    billingTime: 'calendar',
    anchorDate: Temporal.PlainDate.from('2025-01-01'),
    timezone: 'America/Los_Angeles',
  };
  const december = { start: at('2025-11-30T23:00:00Z'), end: at('2025-12-31T23:00:00Z') };

  it('from Paris to Los Angeles: January is one invoice, not a day of December and then January', () => {
    const { next } = billingStep({ anchor, current: december, since: at('2025-06-01'), end: null });
    expect(next).toEqual(span('2025-12-31T23:00:00Z', '2026-02-01T08:00:00Z'));
    const january = billingStep({ anchor, current: next ?? december, since: at('2025-06-01'), end: null });
    expect(january.plan.arrears).toMatchObject({ period: span('2026-01-01T08:00:00Z', '2026-02-01T08:00:00Z'), billed: next });
    expect(prorationOf(january.plan.arrears?.period ?? december, next ?? december, 'America/Los_Angeles')).toBeNull();
  });

  it('is not a start in the last hours of a period', () => {
    const start = at('2025-12-31T23:00:00Z');
    const { next, plan } = billingStep({ anchor, current: { start, end: start }, since: start, end: null });
    expect(next).toEqual(span('2025-12-31T23:00:00Z', '2026-01-01T08:00:00Z'));
    expect(plan.advance?.period.start).toEqual(at('2025-12-01T08:00:00Z'));
  });
});
