import { Temporal } from 'temporal-polyfill';
import { evaluateExpression } from '../../src/domain/metering/expression/evaluate-expression.ts';
import { parseExpression } from '../../src/domain/metering/expression/parse-expression.ts';

const event = {
  timestamp: Temporal.Instant.from('2026-01-01T00:00:00.500Z'),
  code: 'calls',
  properties: { a: '2.5', b: 4, zone: 'eu', seconds: 90, __proto: 1, long: 'x'.repeat(100), none: null },
};

const valueOf = (text: string): string => {
  const parsed = parseExpression(text);
  if ('refused' in parsed) return `${parsed.refused} at ${parsed.at}`;
  const evaluated = evaluateExpression(parsed.expression, event);
  if ('refused' in evaluated) return evaluated.refused;
  return typeof evaluated.value === 'string' ? `"${evaluated.value}"` : evaluated.value.toDecimal();
};

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['10 - 4 - 3', '3'],
    ['12 / 4 / 3', '1'],
    ['-event.properties.a', '-2.5'],
    ['--2', '2'],
    ['event.properties.a * event.properties.b', '10'],
    ['0.1 + 0.2', '0.3'],
    ['1 / 3 * 3', '1'],
    ['round(10 / 3, 2)', '3.33'],
    ['ROUND(2.5)', '3'],
    ['ceil(event.properties.seconds / 60)', '2'],
    ['floor(event.properties.seconds / 60)', '1'],
    ['round(1234, -2)', '1200'],
    ['event.timestamp', '1767225600.5'],
    ['event.code', '"calls"'],
    ["concat(event.properties.zone, '-', event.properties.b)", '"eu-4"'],
    ['concat("a")', '"a"'],
    ['concat(\'\', \'ab\', "", "cd")', '"abcd"'],
    ['12.345 * 1', '12.345'],
    [' 1 + 1 ', '2'],
    ['1 + 1   ', '2'],
    ['round(1.5, 30)', '1.5'],
    ['round(1.5, -30)', '0'],
    [`${'1'.repeat(60)} * 1`, '1'.repeat(60)],
    [`0 - 1${'0'.repeat(59)} * 10`, `-1${'0'.repeat(60)}`],
    [Array.from({ length: 40 }, () => '(1)').join('+'), '40'],
    [`${' '.repeat(999)}1`, '1'],
    [`concat(${Array.from({ length: 20 }, () => '1').join(',')})`, `"${'1'.repeat(20)}"`],
    [`concat(${Array.from({ length: 10 }, () => 'event.properties.long').join(',')})`, `"${'x'.repeat(1000)}"`],
    ['event.properties.none', 'property_is_missing'],
  ])('%s is %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it.each([
    ['', 'expression_is_empty at 0'],
    ['   ', 'expression_is_empty at 0'],
    ['1 +', 'unexpected_word at 3'],
    ['1 2', 'unexpected_word at 3'],
    ['(1', 'unexpected_word at 2'],
    ['1 ; 2', 'unexpected_character at 2'],
    ['a = 1', 'unexpected_character at 2'],
    ['process.exit(1)', 'unknown_function at 12'],
    ['event.properties.constructor.name', 'unknown_name at 33'],
    ['event.properties.constructor', 'property_is_missing'],
    ['event.properties.nothing', 'property_is_missing'],
    ['while(1)', 'unknown_function at 5'],
    ['toString(1)', 'unknown_function at 8'],
    ['event', 'unknown_name at 5'],
    ['round()', 'unexpected_word at 7'],
    ['round(1, 2, 3)', 'wrong_number_of_operands at 5'],
    ['round(1, 99)', 'value_is_out_of_range'],
    ['round(1, 0.5)', 'value_is_out_of_range'],
    ['round(1, 31)', 'value_is_out_of_range'],
    ['round(1, -31)', 'value_is_out_of_range'],
    ['round(event.properties.zone)', 'value_is_not_a_number'],
    [`${'1'.repeat(60)} * 10`, 'value_is_out_of_range'],
    [`-${'1'.repeat(60)} * 10`, 'value_is_out_of_range'],
    [`concat(${Array.from({ length: 10 }, () => 'event.properties.long').join(',')}, 1)`, 'value_is_out_of_range'],
    [`concat(${Array.from({ length: 21 }, () => '1').join(',')})`, 'wrong_number_of_operands at 6'],
    ['not.event.properties.a', 'unknown_name at 22'],
    ['1   ; 2', 'unexpected_character at 4'],
    ['1  2 ;', 'unexpected_character at 5'],
    ['1 / 0', 'division_by_zero'],
    ['event.properties.zone * 2', 'value_is_not_a_number'],
    [`${'('.repeat(40)}1${')'.repeat(40)}`, 'expression_is_too_deep at 31'],
    ['1'.repeat(1001), 'expression_is_too_long at 1000'],
    [Array.from({ length: 20 }, () => '9999999999').join('*'), 'value_is_out_of_range'],
  ])('%s is refused: %s', (text, reason) => {
    expect(valueOf(text)).toBe(reason);
  });
});
