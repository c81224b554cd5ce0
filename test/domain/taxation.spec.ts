import { decideTaxes, type TaxBuyer, type TaxSeller, taxSituation } from '../../src/domain/taxation/decide-taxes.ts';
import { euMembers } from '../../src/domain/taxation/tax-rates.ts';

const seller = (country: string | null, change: Partial<TaxSeller> = {}): TaxSeller => ({ country, region: null, ...change });
const buyer = (country: string | null, change: Partial<TaxBuyer> = {}): TaxBuyer => ({
  country,
  region: null,
  taxIdValid: false,
  ...change,
});
const vat = (rate: string) => ({ rate, name: 'VAT' });

describe('taxes by address (G10)', () => {
  it.each([
    ['at home', seller('FR'), buyer('FR'), { kind: 'domestic', place: { country: 'FR', region: null }, note: null }],
    ['at home, a company too', seller('FR'), buyer('FR', { taxIdValid: true }), { kind: 'domestic' }],
    [
      'a company elsewhere in the EU',
      seller('FR'),
      buyer('DE', { taxIdValid: true }),
      { kind: 'eu_reverse_charge', place: null },
    ],
    [
      'a consumer elsewhere in the EU',
      seller('FR'),
      buyer('DE'),
      { kind: 'eu_consumer', place: { country: 'DE', region: null } },
    ],
    [
      'the same below the threshold',
      seller('FR', { belowEuThreshold: true }),
      buyer('DE'),
      { place: { country: 'FR', region: null } },
    ],
    [
      'out of the EU',
      seller('FR'),
      buyer('CH', { taxIdValid: true }),
      { kind: 'export', place: null, note: expect.stringContaining('Articles 44 and 59') },
    ],
    ['into the EU', seller('CH'), buyer('FR'), { kind: 'export', place: null, note: expect.stringContaining('Export') }],
    ['a state', seller('US'), buyer('US', { region: 'NY' }), { kind: 'us_state', place: { country: 'US', region: 'NY' } }],
    [
      'a state where the seller collects',
      seller('US', { collectsIn: ['NY'] }),
      buyer('US', { region: 'NY' }),
      { kind: 'us_state' },
    ],
    [
      'a state where it does not',
      seller('US', { collectsIn: ['CA'] }),
      buyer('US', { region: 'NY' }),
      { kind: 'us_not_collected', place: null },
    ],
    [
      'a Canadian province',
      seller('CA'),
      buyer('CA', { region: 'ON' }),
      { kind: 'domestic', place: { country: 'CA', region: 'ON' } },
    ],
    ['from Canada to no province', seller('CA'), buyer('CA'), { refused: { 'customer.state': ['value_is_mandatory'] } }],
    ['from the US abroad', seller('US'), buyer('CA'), { kind: 'export' }],
    ['a seller from nowhere', seller(null), buyer('FR'), { refused: { 'billing_entity.country': ['value_is_mandatory'] } }],
    ['a buyer from nowhere', seller('FR'), buyer(null), { refused: { 'customer.country': ['value_is_mandatory'] } }],
    ['a buyer from no state', seller('US'), buyer('US'), { refused: { 'customer.state': ['value_is_mandatory'] } }],
  ])('%s', (_, from, to, situation) => {
    expect(taxSituation(from, to)).toMatchObject(situation);
  });

  it('take the rate of the place that was asked for', () => {
    expect(decideTaxes(seller('FR'), buyer('DE'), vat('19'))).toEqual({
      kind: 'eu_consumer',
      place: { country: 'DE', region: null },
      rate: '19',
      name: 'VAT',
      note: null,
    });
  });

  it('need no rate where none is due, and say why on the invoice', () => {
    expect(decideTaxes(seller('FR'), buyer('DE', { taxIdValid: true }), null)).toEqual({
      kind: 'eu_reverse_charge',
      place: null,
      rate: '0',
      name: 'Reverse charge',
      note: 'Reverse charge: VAT is to be accounted for by the recipient (Article 196, Council Directive 2006/112/EC).',
    });
    expect(decideTaxes(seller('US'), buyer('JP'), vat('10'))).toMatchObject({ rate: '0', name: 'No tax', kind: 'export' });
  });

  it('are refused rather than guessed', () => {
    expect(decideTaxes(seller('FR'), buyer('FR'), null)).toEqual({ refused: { tax: ['tax_rate_unknown'] } });
    expect(decideTaxes(seller('FR'), buyer(null), vat('20'))).toHaveProperty('refused');
  });

  it('know the 27 members', () => {
    expect(euMembers.size).toBe(27);
    expect(['GB', 'CH', 'NO', 'EL'].filter((country) => euMembers.has(country))).toEqual([]);
  });
});
