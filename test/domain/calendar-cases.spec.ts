import { Temporal } from 'temporal-polyfill';
import { type BillingTime, type Interval, periodContaining } from '../../src/domain/calendar/billing-period.ts';
import { localDateOf } from '../../src/domain/calendar/local-day.ts';
import { localDays } from '../../src/domain/proration/local-days.ts';
import { billingCase, billingIds } from './cases.ts';
import { anchorAt, at } from './worlds.ts';

interface Given {
  readonly interval: Interval;
  readonly billing_time: BillingTime;
  readonly subscription_at: string;
  readonly timezone: string;
}

const noon = (text: string): Temporal.Instant => at(text.length === 10 ? `${text}T12:00:00Z` : text);
const anchorOf = ({ interval, billing_time, subscription_at, timezone }: Given) =>
  anchorAt(interval, billing_time, subscription_at, timezone);
const lastDay = (date: Temporal.PlainDate): string => date.subtract({ days: 1 }).toString();

describe('who is due', () => {
  it.each(billingIds(/./).filter((id) => id.startsWith('due-')))('%s', (id) => {
    const { given, expect: expected } = billingCase<Given, { due: Record<string, boolean> }>(id);
    const anchor = anchorOf(given);
    const found = Object.keys(expected.due).map((text) => {
      const { startDate } = periodContaining(anchor, noon(text));
      return [text, startDate.equals(localDateOf(noon(text), given.timezone))];
    });
    expect(Object.fromEntries(found)).toEqual(expected.due);
  });
});

describe('periods', () => {
  it.each(['period-quarterly-jan31', 'period-semiannual-jan31'])('%s', (id) => {
    const { given, expect: expected } = billingCase<
      Given,
      Record<'period_start_on' | 'period_end_on', Record<string, string> | undefined>
    >(id);
    for (const [day, start] of Object.entries(expected.period_start_on ?? {}))
      expect([day, periodContaining(anchorOf(given), noon(day)).startDate.toString()]).toEqual([day, start]);
    for (const [day, end] of Object.entries(expected.period_end_on ?? {}))
      expect([day, lastDay(periodContaining(anchorOf(given), noon(day)).endDate)]).toEqual([day, end]);
  });

  it('period-yearly-leap-anchor', () => {
    const { given, expect: expected } = billingCase<Given, Record<string, string[]>>('period-yearly-leap-anchor');
    const shown = (day: string) => {
      const { startDate, endDate } = periodContaining(anchorOf(given), noon(day));
      return [startDate.toString(), lastDay(endDate)];
    };
    expect(shown('2025-02-20')).toEqual(expected['period_on_2025-02-20']);
    expect(shown('2025-03-10')).toEqual(expected['period_on_2025-03-10']);
    expect(shown('2025-02-28')).toEqual(expected['period_on_2025-03-10']);
  });

  it('period-monthly-anniv-jan30-2024-pia', () => {
    type Periods = { subscription_period: string[]; usage_period: string[] | null };
    const { given, expect: expected } = billingCase<Given, { invoices: Periods[] }>('period-monthly-anniv-jan30-2024-pia');
    const anchor = anchorOf(given);
    const runs = ['2024-01-30', '2024-02-29', '2024-03-30', '2024-04-30'];
    const found = runs.map((day) => {
      const current = periodContaining(anchor, noon(day));
      const ended = current.index > 0 ? periodContaining(anchor, current.start.subtract({ nanoseconds: 1 })) : null;
      return {
        subscription_period: [current.startDate.toString(), lastDay(current.endDate)],
        usage_period: ended && [ended.startDate.toString(), lastDay(ended.endDate)],
      };
    });
    expect(found).toEqual(expected.invoices);
  });

  it('period-monthly-calendar-feb2024-pia', () => {
    const { given, expect: expected } = billingCase<Given, Record<string, string[]>>('period-monthly-calendar-feb2024-pia');
    const current = periodContaining(anchorOf({ ...given, timezone: 'UTC' }), at('2024-02-01T12:12:00Z'));
    const ended = periodContaining(anchorOf(given), current.start.subtract({ nanoseconds: 1 }));
    expect([current.startDate.toString(), lastDay(current.endDate)]).toEqual(expected.subscription_period);
    expect([ended.startDate.toString(), lastDay(ended.endDate)]).toEqual(expected.usage_period);
  });

  it('period-yearly-with-monthly-usage', () => {
    type Shown = { usage_period: string[]; plan_period?: string[] };
    const { given, expect: expected } = billingCase<Given, Record<string, Shown>>('period-yearly-with-monthly-usage');
    const monthly = { ...anchorOf(given), interval: 'monthly' as const };
    const ended = (day: string, anchor = monthly) => periodContaining(anchor, noon(day).subtract({ hours: 24 }));
    const first = ended('2024-02-29');
    // The first usage span starts at the very instant of the start.
    expect([given.subscription_at, first.end.subtract({ seconds: 1 }).toString()]).toEqual(expected['2024-02-29']?.usage_period);
    const last = ended('2025-01-31');
    expect([last.startDate.toString(), lastDay(last.endDate)]).toEqual(expected['2025-01-31']?.usage_period);
    const plan = ended('2025-01-31', anchorOf(given) as typeof monthly);
    expect([plan.startDate.toString(), lastDay(plan.endDate)]).toEqual(expected['2025-01-31']?.plan_period);
  });

  it.each(billingIds(/^day-count$/))('%s', (id) => {
    const { given, expect: expected } = billingCase<{ from: string; to: string; timezone: string }, { days: number }>(id);
    // These cases name the last instant or local midnight that still counts.
    const end = at(given.to).add({ nanoseconds: 1 });
    expect(localDays(at(given.from), end, given.timezone)).toBe(expected.days);
  });
});
