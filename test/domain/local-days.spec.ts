import { localDaysAs } from '../../src/domain/proration/local-days.ts';
import { at } from './worlds.ts';

describe('days as if every month had thirty', () => {
  it.each([
    ['2026-01-01', '2026-02-01', 30],
    ['2026-02-01', '2026-03-01', 30],
    ['2026-05-23', '2026-06-15', 22],
    ['2025-12-15', '2026-01-15', 30],
    ['2025-01-01', '2027-01-01', 720],
    ['2026-01-30', '2026-01-31', 0],
    ['2026-01-10', '2026-01-10', 0],
    ['2026-02-10', '2026-01-10', 0],
  ])('from %s until before %s are %s', (start, end, days) => {
    expect(localDaysAs('thirty_day_months')(at(start), at(end), 'UTC')).toBe(days);
  });

  it('are those of the zone: a part of a local day is a day', () => {
    const count = (start: string, end: string) => localDaysAs('thirty_day_months')(at(start), at(end), 'Europe/Paris');
    expect(count('2026-01-01T23:30:00Z', '2026-01-02T23:30:00Z')).toBe(2);
    expect(count('2026-01-01T23:00:00Z', '2026-01-02T23:00:00Z')).toBe(1);
  });
});
