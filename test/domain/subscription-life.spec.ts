import { Temporal } from 'temporal-polyfill';
import type { BillingAnchor } from '../../src/domain/calendar/billing-period.ts';
import { billingStep } from '../../src/domain/lifecycles/billing-step.ts';
import { prorationOf } from '../../src/domain/proration/local-days.ts';
import { decidePlanChange } from '../../src/domain/lifecycles/change-plan.ts';
import type { Ending } from '../../src/domain/lifecycles/end-subscription.ts';
import { unitsGrowth, unitsPieces } from '../../src/domain/lifecycles/quantity.ts';
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
  it('are billed one after the other; the day of a change is the new one’s', () => {
    const changes = [
      { units: '5', at: at('2026-01-10T15:00:00Z') },
      { units: '5.0', at: at('2026-01-12T00:00:00Z') },
      { units: '2', at: at('2026-01-20T00:00:00Z') },
      { units: '9', at: at('2026-02-01T00:00:00Z') },
    ];
    expect(unitsPieces('3', changes, january, 'UTC')).toEqual([
      { units: '3', billed: span('2026-01-01', '2026-01-10') },
      { units: '5', billed: span('2026-01-10', '2026-01-20') },
      { units: '2', billed: span('2026-01-20', '2026-02-01') },
    ]);
  });

  it('of one day: the last holds', () => {
    const changes = [
      { units: '7', at: at('2026-01-10T16:00:00Z') },
      { units: '5', at: at('2026-01-10T15:00:00Z') },
    ];
    expect(unitsPieces('3', changes, january, 'UTC').map(({ units }) => units)).toEqual(['3', '7']);
    expect(unitsPieces('3', [{ units: '4', at: january.start }], january, 'UTC')).toEqual([{ units: '4', billed: january }]);
    expect(unitsPieces('3', [], january, 'UTC')).toEqual([{ units: '3', billed: january }]);
  });

  it('paid in advance cost only their growth, for the days that are left', () => {
    const change = { units: '5', at: at('2026-01-11T10:00:00Z') };
    expect(unitsGrowth('3', change, january, 'UTC')).toEqual({ units: '2', billed: span('2026-01-11', '2026-02-01') });
    expect(unitsGrowth('5', change, january, 'UTC')).toBeNull();
    expect(unitsGrowth('6', change, january, 'UTC')).toBeNull();
    expect(unitsGrowth('3', { ...change, at: january.end }, january, 'UTC')).toBeNull();
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
      since: at(trialEndsAt ?? '2026-01-01'),
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
