import { pricingOf, readChargeModel } from '../../src/domain/pricing/read-charge-model.ts';

const refusalOf = (model: unknown, properties: unknown) => {
  const read = readChargeModel(model, properties);
  return 'refused' in read ? { ...read.refused } : 'accepted';
};

describe('properties of a charge', () => {
  it.each([
    ['a model nobody knows', 'tiered', {}, { charge_model: ['value_is_invalid'] }],
    ['no model', undefined, {}, { charge_model: ['value_is_invalid'] }],
    ['no properties', 'standard', undefined, { properties: ['value_is_mandatory'] }],
    ['empty properties', 'standard', null, { properties: ['value_is_mandatory'] }],
    ['a list for properties', 'standard', [], { properties: ['value_is_invalid'] }],
    ['a word for properties', 'standard', 'amount', { properties: ['value_is_invalid'] }],
    ['a price left out', 'standard', {}, { amount: ['value_is_mandatory'] }],
    ['a price of null', 'standard', { amount: null }, { amount: ['value_is_mandatory'] }],
    ['an empty price', 'standard', { amount: '' }, { amount: ['value_is_mandatory'] }],
    ['a word for a price', 'standard', { amount: 'ten' }, { amount: ['value_is_invalid'] }],
    ['a price below zero', 'standard', { amount: '-0.01' }, { amount: ['value_is_out_of_range'] }],
    ['a price of nothing', 'standard', { amount: '0' }, 'accepted'],
    ['a field of another model', 'standard', { amount: '1', rate: '1' }, { rate: ['unknown_field'] }],
    [
      'every mistake at once',
      'standard',
      { amount: 'ten', rate: '1', free: 1 },
      { amount: ['value_is_invalid'], rate: ['unknown_field'], free: ['unknown_field'] },
    ],
    ['packages of nothing', 'package', { amount: '1', package_size: 0 }, { package_size: ['value_is_out_of_range'] }],
    ['packages below nothing', 'package', { amount: '1', package_size: -1 }, { package_size: ['value_is_out_of_range'] }],
    ['half a package', 'package', { amount: '1', package_size: '1.5' }, { package_size: ['value_is_invalid'] }],
    ['packages of no size', 'package', { amount: '1' }, { package_size: ['value_is_mandatory'] }],
    ['a half free unit', 'package', { amount: '1', package_size: 1, free_units: '0.5' }, { free_units: ['value_is_invalid'] }],
    ['no free units said', 'package', { amount: '1', package_size: 1 }, 'accepted'],
    ['a percentage without its rate', 'percentage', {}, { rate: ['value_is_mandatory'] }],
    ['half a free event', 'percentage', { rate: 1, free_units_per_events: 1.5 }, { free_units_per_events: ['value_is_invalid'] }],
    ['half a free amount', 'percentage', { rate: 1, free_units_per_total_aggregation: '0.5' }, 'accepted'],
    [
      'a minimum above the maximum',
      'percentage',
      { rate: 1, per_transaction_min_amount: '2', per_transaction_max_amount: '1.99' },
      { per_transaction_max_amount: ['value_is_out_of_range'] },
    ],
    [
      'a minimum that is the maximum',
      'percentage',
      { rate: 1, per_transaction_min_amount: '2', per_transaction_max_amount: '2' },
      'accepted',
    ],
    ['a maximum alone', 'percentage', { rate: 1, per_transaction_max_amount: '2' }, 'accepted'],
    ['a minimum alone', 'percentage', { rate: 1, per_transaction_min_amount: '2' }, 'accepted'],
    ['a word for the group keys', 'dynamic', { pricing_group_keys: 'team' }, { pricing_group_keys: ['value_is_invalid'] }],
    ['a key without a name', 'dynamic', { pricing_group_keys: ['team', ''] }, { pricing_group_keys: ['value_is_invalid'] }],
    ['a number for a key', 'dynamic', { pricing_group_keys: ['team', 1] }, { pricing_group_keys: ['value_is_invalid'] }],
  ])('%s', (_, model, properties, expected) => {
    expect(refusalOf(model, properties)).toEqual(expected);
  });

  it('are kept as plain decimals, with what they left out', () => {
    expect(pricingOf('standard', { amount: 1.5, pricing_group_keys: ['team', 'zone', 'team'] })).toMatchObject({
      properties: { amount: '1.5', pricing_group_keys: ['team', 'zone'] },
      groupKeys: ['team', 'zone'],
    });
    expect(pricingOf('standard', { amount: '1e2', pricing_group_keys: null })).toMatchObject({
      properties: { amount: '100' },
      groupKeys: [],
    });
    expect(pricingOf('dynamic', { pricing_group_keys: [] })).toEqual({
      model: { name: 'dynamic' },
      properties: {},
      groupKeys: [],
    });
    expect(pricingOf('package', { amount: '1', package_size: 10 }).properties).toEqual({
      amount: '1',
      package_size: '10',
      free_units: '0',
    });
    expect(pricingOf('percentage', { rate: '1' }).properties).toEqual({ rate: '1', fixed_amount: '0' });
    expect(pricingOf('volume', { volume_ranges: [{ from_value: 0, per_unit_amount: 2 }] }).properties).toEqual({
      volume_ranges: [{ from_value: '0', to_value: null, per_unit_amount: '2', flat_amount: '0' }],
    });
  });

  it('that were kept must be readable: everything else is a fault of ours', () => {
    expect(() => pricingOf('standard', { amount: 'ten' })).toThrow(
      new RangeError('no charge model: {"amount":["value_is_invalid"]}'),
    );
  });
});

describe('tiers', () => {
  const tier = (from_value: unknown, to_value: unknown, more: object = {}) => ({
    from_value,
    to_value,
    per_unit_amount: '1',
    ...more,
  });
  it.each([
    ['none said', undefined, { graduated_ranges: ['value_is_mandatory'] }],
    ['null', null, { graduated_ranges: ['value_is_mandatory'] }],
    ['an empty list', [], { graduated_ranges: ['value_is_invalid'] }],
    ['no list', { from_value: 0 }, { graduated_ranges: ['value_is_invalid'] }],
    ['a word for a tier', [tier(0, null), 'x'], { 'graduated_ranges[1]': ['value_is_invalid'] }],
    ['null for a tier', [null, tier(0, null)], { 'graduated_ranges[0]': ['value_is_invalid'] }],
    ['a list for a tier', [[], tier(0, null)], { 'graduated_ranges[0]': ['value_is_invalid'] }],
    ['one open tier', [tier(0, null)], 'accepted'],
    ['each starts where the one before ends', [tier(0, 10), tier(10, 20), tier(20, null)], 'accepted'],
    ['or one unit above', [tier(0, 10), tier(11, 20), tier(21, null)], 'accepted'],
    ['a tier of one unit', [tier(0, 10), tier(11, 11), tier(12, null)], 'accepted'],
    ['a gap', [tier(0, 10), tier(12, null)], { 'graduated_ranges[1].from_value': ['tiers_leave_a_gap'] }],
    ['half a unit above', [tier(0, 10), tier('10.5', null)], { 'graduated_ranges[1].from_value': ['tiers_leave_a_gap'] }],
    ['an overlap', [tier(0, 10), tier(9, null)], { 'graduated_ranges[1].from_value': ['tiers_overlap'] }],
    ['a last tier that ends', [tier(0, 10), tier(11, 20)], { 'graduated_ranges[1].to_value': ['last_tier_must_be_open'] }],
    [
      'a first tier that does not end',
      [tier(0, null), tier(11, null)],
      { 'graduated_ranges[0].to_value': ['only_last_tier_may_be_open'] },
    ],
    ['a start above zero', [tier(1, null)], { 'graduated_ranges[0].from_value': ['first_tier_must_start_at_zero'] }],
    [
      'an end before its start',
      [tier(0, 10), tier(10, 9), tier(9, null)],
      { 'graduated_ranges[1].to_value': ['value_is_out_of_range'] },
    ],
    [
      'a tier without a price',
      [{ from_value: 0, to_value: null }],
      { 'graduated_ranges[0].per_unit_amount': ['value_is_mandatory'] },
    ],
    ['a field nobody knows', [tier(0, null, { rate: '1' })], { 'graduated_ranges[0].rate': ['unknown_field'] }],
    [
      'a tier that cannot be read, which says nothing of its neighbours',
      [tier(0, 'ten'), tier(99, null)],
      { 'graduated_ranges[0].to_value': ['value_is_invalid'] },
    ],
  ])('%s', (_, ranges, expected) => {
    expect(refusalOf('graduated', { graduated_ranges: ranges })).toEqual(expected);
  });
});
