import { captureLines, type ProviderLine, type ProviderSums } from '../../src/domain/invoicing/captured-lines.ts';

const line = (change: Partial<ProviderLine> = {}): ProviderLine => ({
  id: 'il_1',
  description: 'Pro plan',
  quantity: '3',
  unitAmount: '1000',
  amountCents: 3000n,
  taxCents: 0n,
  inclusiveTaxCents: 0n,
  ...change,
});
const sums = (change: Partial<ProviderSums> = {}): ProviderSums => ({
  currency: 'EUR',
  discountCents: 0n,
  taxCents: 0n,
  totalCents: 3000n,
  ...change,
});
const captured = (change: Partial<ProviderLine>) => captureLines([line(change)], sums(), 'Other').lines[0];

describe("a provider's invoice in our form", () => {
  it('keeps its lines, in major units per unit', () => {
    expect(captureLines([line()], sums(), 'Other')).toEqual({
      lines: [
        {
          id: 'il_1',
          name: 'Pro plan',
          units: '3',
          unitAmount: '10',
          amountCents: 3000n,
          taxesRate: '0',
          taxesAmountCents: 0n,
        },
      ],
      feesAmountCents: 3000n,
      discountAmountCents: 0n,
      taxesAmountCents: 0n,
      totalCents: 3000n,
    });
  });

  it.each([
    ['without words it has the name that is given', { description: null }, { name: 'Other' }],
    ['without a quantity it is one', { quantity: null, unitAmount: null }, { units: '1', unitAmount: '30' }],
    ['without a unit amount it is what one came to', { unitAmount: null }, { unitAmount: '10' }],
    ['of no units it is the amount', { quantity: '0', unitAmount: null, amountCents: 500n }, { units: '0', unitAmount: '5' }],
    ['fractions of a minor unit stay', { unitAmount: '0.5' }, { unitAmount: '0.005' }],
    ['tax on top is beside it', { taxCents: 570n }, { amountCents: 3000n, taxesRate: '19', taxesAmountCents: 570n }],
    [
      'tax inside is taken out of it, and of the unit amount',
      { taxCents: 500n, inclusiveTaxCents: 500n },
      { amountCents: 2500n, unitAmount: '8.333333333333333', taxesRate: '20', taxesAmountCents: 500n },
    ],
    ['the rate has four places', { taxCents: 1n }, { taxesRate: '0.0333' }],
    ['tax on nothing has no rate', { amountCents: 0n, taxCents: 5n }, { taxesRate: '0', taxesAmountCents: 5n }],
  ])('%s', (_, change, expected) => {
    expect(captured(change)).toMatchObject(expected);
  });

  it('comes to the total of the provider: Σ lines − discount + tax', () => {
    const two = [line({ taxCents: 570n }), line({ id: 'il_2', amountCents: 1000n })];
    expect(captureLines(two, sums({ discountCents: 400n, taxCents: 570n, totalCents: 4170n }), 'Other')).toMatchObject({
      lines: [{ id: 'il_1' }, { id: 'il_2' }],
      feesAmountCents: 4000n,
      discountAmountCents: 400n,
      taxesAmountCents: 570n,
      totalCents: 4170n,
    });
  });

  it.each([
    ['adds', 3250n, 250n, '2.5'],
    ['subtracts', 2999n, -1n, '-0.01'],
  ])('has one more line for what the provider %s elsewhere', (_, totalCents, amountCents, unitAmount) => {
    const { lines, feesAmountCents } = captureLines([line()], sums({ totalCents }), 'Other');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toEqual({
      id: null,
      name: 'Other amounts of the provider',
      units: '1',
      unitAmount,
      amountCents,
      taxesRate: '0',
      taxesAmountCents: 0n,
    });
    expect(feesAmountCents).toBe(totalCents);
  });
});
