import { Temporal } from 'temporal-polyfill';
import { at, span } from './worlds.ts';

describe('what tests compare', () => {
  it('are instants and days by what they say', () => {
    expect(at('2026-01-01')).toEqual(at('2026-01-01T00:00:00Z'));
    expect(at('2026-01-01')).not.toEqual(at('2026-01-02'));
    expect(at('2026-01-01')).not.toEqual(Temporal.PlainDate.from('2026-01-01'));
    expect(span('2026-01-01', '2026-02-01')).not.toEqual(span('2026-01-01', '2026-03-01'));
    expect({ ...span('2026-01-01', '2026-02-01'), name: 'January' }).not.toMatchObject(span('2026-01-01', '2026-03-01'));
  });
});
