import { Temporal } from 'temporal-polyfill';
import type { BillingAnchor } from '../../src/domain/calendar/billing-period.ts';
import { beginSubscription, type SubscriptionTerms } from '../../src/domain/lifecycles/begin-subscription.ts';
import { billingStep, type StepTerms } from '../../src/domain/lifecycles/billing-step.ts';
import { at, span } from './worlds.ts';

const monthly: BillingAnchor = {
  interval: 'monthly',
  billingTime: 'calendar',
  anchorDate: Temporal.PlainDate.from('2025-06-01'),
  timezone: 'UTC',
};
const yearly: BillingAnchor = { ...monthly, interval: 'yearly' };
const since = at('2025-06-01');
const [march, april] = [span('2026-03-01', '2026-04-01'), span('2026-04-01', '2026-05-01')];
const december = span('2026-12-01', '2027-01-01');
const nextJanuary = span('2027-01-01', '2027-02-01');
const [year, nextYear] = [span('2026-01-01', '2027-01-01'), span('2027-01-01', '2028-01-01')];
const none = { arrears: null, advance: null };
const stepOf = (terms: Partial<StepTerms>) => billingStep({ anchor: yearly, current: march, since, end: null, ...terms });
const whole = (period: { start: Temporal.Instant; end: Temporal.Instant }) => ({ period, billed: period });

describe('a year of which parts are billed by the month', () => {
  it('usage: within the year only usage is billed', () => {
    expect(stepOf({ chargesMonthly: true })).toMatchObject({
      reason: 'PERIODIC',
      header: march,
      next: april,
      plan: none,
      fixed: none,
      committed: null,
      usage: { ...whole(march), daysUntil: march.end },
    });
  });

  it('usage: with the year the year, and the one that begins', () => {
    expect(stepOf({ chargesMonthly: true, current: december })).toMatchObject({
      reason: 'PERIODIC',
      header: december,
      next: nextJanuary,
      plan: { arrears: whole(year), advance: whole(nextYear) },
      fixed: { arrears: whole(year), advance: whole(nextYear) },
      committed: whole(year),
      usage: { ...whole(december), daysUntil: december.end },
    });
  });

  it('fixed charges: within the year they are billed, and usage waits for its end', () => {
    expect(stepOf({ fixedChargesMonthly: true })).toMatchObject({
      reason: 'PERIODIC',
      header: march,
      next: april,
      plan: none,
      fixed: { arrears: whole(march), advance: whole(april) },
      committed: null,
      usage: null,
    });
    expect(stepOf({ fixedChargesMonthly: true, current: december })).toMatchObject({
      plan: { arrears: whole(year), advance: whole(nextYear) },
      fixed: { arrears: whole(december), advance: whole(nextJanuary) },
      usage: { ...whole(year), daysUntil: year.end },
    });
  });

  it('a start within it is billed from there', () => {
    const start = at('2026-03-10');
    const first = { start, end: march.end };
    expect(stepOf({ chargesMonthly: true, since: start, current: { start, end: start } })).toMatchObject({
      reason: 'STARTING',
      header: first,
      next: first,
      plan: { arrears: null, advance: { period: year, billed: { start, end: year.end } } },
      usage: null,
      committed: null,
    });
    expect(stepOf({ chargesMonthly: true, since: start, current: first })).toMatchObject({
      plan: none,
      usage: { period: march, billed: first },
    });
    expect(stepOf({ chargesMonthly: true, since: start, current: december })).toMatchObject({
      plan: { arrears: { period: year, billed: { start, end: year.end } }, advance: whole(nextYear) },
      committed: { period: year, billed: { start, end: year.end } },
    });
  });

  it('an end within it bills the days of the year until then, and usage to the instant', () => {
    const ends = at('2026-03-10T12:00:00Z');
    expect(
      stepOf({ chargesMonthly: true, current: { start: march.start, end: ends }, end: { at: ends, how: 'terminated' } }),
    ).toMatchObject({
      reason: 'TERMINATING',
      header: { start: march.start, end: ends },
      next: null,
      plan: { arrears: { period: year, billed: span('2026-01-01', '2026-03-11') }, advance: null },
      committed: { period: year, billed: span('2026-01-01', '2026-03-11') },
      usage: { period: march, billed: { start: march.start, end: ends }, daysUntil: ends },
    });
  });

  it('an end that is known bills in advance only until then', () => {
    const end = { at: at('2027-03-10T12:00:00Z'), how: 'terminated' as const };
    expect(stepOf({ chargesMonthly: true, current: december, end }).plan.advance).toMatchObject({
      period: nextYear,
      billed: span('2027-01-01', '2027-03-11'),
    });
  });
});

describe('an end on the first day', () => {
  const ends = at('2026-04-01T10:00:00Z');
  const ended = (change: Partial<StepTerms>) => stepOf({ anchor: monthly, end: { at: ends, how: 'terminated' }, ...change });

  it('of a period goes with the period before', () => {
    expect(ended({})).toMatchObject({
      reason: 'TERMINATING',
      next: null,
      plan: { arrears: { period: march, billed: march }, advance: null },
      usage: { billed: { start: march.start, end: ends } },
    });
  });

  it.each([
    ['by another plan', { end: { at: ends, how: 'replaced' } }],
    ['on a later day', { end: { at: at('2026-04-02T10:00:00Z'), how: 'terminated' } }],
  ] as const)('%s is a step of its own', (_, change) => {
    expect(ended(change)).toMatchObject({ reason: 'PERIODIC', header: march, next: { start: april.start } });
  });

  it('of the subscription used that day; of a pause it shows an instant', () => {
    const current = { start: april.start, end: april.start };
    const over = (how: 'terminated' | 'paused') =>
      stepOf({ anchor: monthly, since: april.start, current, end: { at: april.start, how } });
    expect(over('terminated')).toMatchObject({
      reason: 'TERMINATING',
      header: span('2026-04-01', '2026-04-02'),
      next: null,
      plan: { arrears: { period: april, billed: span('2026-04-01', '2026-04-02') }, advance: null },
      usage: null,
    });
    expect(over('paused').plan).toEqual(none);
    expect(over('paused').header).toEqual(span('2026-04-01', '2026-04-01T00:00:00.001Z'));
  });
});

describe('a subscription', () => {
  const terms: SubscriptionTerms = {
    interval: 'monthly',
    billingTime: 'calendar',
    timezone: 'UTC',
    subscriptionAt: at('2026-03-10'),
    trialDays: 0,
  };
  const begun = (change: Partial<SubscriptionTerms>, now = '2026-03-10') => beginSubscription({ ...terms, ...change }, at(now));

  it('waits for its start and begins with it', () => {
    expect(begun({}, '2026-03-09T23:59:59Z')).toEqual({ status: 'PENDING' });
    expect(begun({})).toEqual({
      status: 'ACTIVE',
      startedAt: at('2026-03-10'),
      trialEndsAt: null,
      periodStart: at('2026-03-10'),
      periodEnd: at('2026-04-01'),
    });
    expect(begun({ startsAt: at('2026-03-20') })).toEqual({ status: 'PENDING' });
  });

  it('is in its trial until that ends, and then active', () => {
    const trial = (now: string) => begun({ trialDays: 7 }, now);
    expect(trial('2026-03-16T23:59:59Z')).toMatchObject({ status: 'TRIAL', trialEndsAt: at('2026-03-17') });
    expect(trial('2026-03-17')).toMatchObject({ status: 'ACTIVE', trialEndsAt: at('2026-03-17'), periodEnd: at('2026-03-17') });
    expect(trial('2026-05-01')).toMatchObject({ status: 'ACTIVE', periodEnd: at('2026-03-17') });
  });

  it('has a trial once: what is left of it since the first start', () => {
    const again = (firstStartedAt: string) => begun({ trialDays: 7, firstStartedAt: at(firstStartedAt), inAdvance: true });
    expect(again('2026-03-08')).toMatchObject({ status: 'TRIAL', trialEndsAt: at('2026-03-15'), periodEnd: at('2026-03-15') });
    expect(again('2026-03-03')).toMatchObject({ status: 'ACTIVE', trialEndsAt: null, periodEnd: at('2026-03-10') });
    expect(again('2026-01-01')).toMatchObject({ status: 'ACTIVE', trialEndsAt: null, periodEnd: at('2026-03-10') });
  });

  it('of a year has its first boundary with the month where parts are billed by the month', () => {
    const yearOf = (change: Partial<SubscriptionTerms>) => begun({ interval: 'yearly', ...change });
    expect(yearOf({})).toMatchObject({ periodEnd: at('2027-01-01') });
    expect(yearOf({ chargesMonthly: true })).toMatchObject({ periodEnd: at('2026-04-01') });
    expect(yearOf({ fixedChargesMonthly: true })).toMatchObject({ periodEnd: at('2026-04-01') });
  });
});
