import { TaxTable } from '../../src/integrations/tax-table/tax-table.ts';

describe('the built-in table of tax rates', () => {
  const table = new TaxTable();

  it.each([
    ['FR', null, '2026-01-01', '20', 'VAT'],
    ['LU', null, '2026-01-01', '17', 'VAT'],
    ['FI', null, '2026-01-01', '25.5', 'VAT'],
    // Midnight is where the rate changes, in the place's own zone.
    ['EE', null, '2025-06-30', '22', 'VAT'],
    ['EE', null, '2025-07-01', '24', 'VAT'],
    ['EE', null, '2023-12-31', '20', 'VAT'],
    ['DE', null, '2020-06-30', '19', 'VAT'],
    ['DE', null, '2020-07-01', '16', 'VAT'],
    ['DE', null, '2021-01-01', '19', 'VAT'],
    ['US', 'CA', '2026-01-01', '8.25', 'Sales tax'],
    ['US', 'MN', '2026-01-01', '6.875', 'Sales tax'],
    ['US', 'OR', '2026-01-01', '0', 'Sales tax'],
    ['CA', 'ON', '2026-01-01', '13', 'GST + HST'],
    ['CA', 'QC', '2026-01-01', '14.975', 'GST + QST'],
    ['CA', 'AB', '2026-01-01', '5', 'GST'],
    ['CA', 'NS', '2025-03-31', '15', 'GST + HST'],
    ['CA', 'NS', '2025-04-01', '14', 'GST + HST'],
  ])('%s %s on %s: exactly %s %% %s', async (country, region, on, rate, name) => {
    expect(await table.rateOf({ country, region }, on)).toEqual({ rate, name });
  });

  it.each([
    ['AQ', null],
    ['US', 'XX'],
    ['US', 'CALIFORNIA'],
    ['CA', 'ZZ'],
    ['constructor', null],
    ['US', 'constructor'],
  ])('does not know %s %s', async (country, region) => {
    expect(await table.rateOf({ country, region }, '2026-01-01')).toBeNull();
  });

  it.each([
    ['FR', 'FR50833085806', true],
    ['FR', 'fr 50 833 085 806', true],
    ['FR', 'FR50833085807', false],
    ['DE', 'FR50833085806', false],
    ['DE', 'DE136695976', true],
    ['GR', 'EL094259216', true],
    ['AT', '', false],
    ['AT', 'x'.repeat(100), false],
  ])('%s: the number "%s" is one: %s', async (country, taxId, valid) => {
    expect(await table.isTaxId(country, taxId)).toBe(valid);
  });
});
