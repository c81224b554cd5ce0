import fc from 'fast-check';
import {
  defaultNumberTemplate,
  documentNumber,
  documentNumberingOf,
  documentNumberPattern,
  fitsRestart,
  isNumberTemplate,
  lagoTemplates,
  type Numbering,
  numberSeriesOf,
  usualRestart,
} from '../../src/domain/invoicing/document-number.ts';

const march = { year: 2026, month: 3 };
const numbering = (change: Partial<Numbering> = {}): Numbering => ({
  prefix: 'INV',
  template: '{prefix}-{year}-{seq:4}',
  restart: 'yearly',
  ...change,
});

describe('document numbers', () => {
  it.each([
    [numbering(), 55n, 'INV-2026-0055', '2026'],
    [numbering(), 12_345n, 'INV-2026-12345', '2026'],
    [numbering({ template: '{prefix}/{year}.{month}/{seq:2}', restart: 'monthly' }), 7n, 'INV/2026.03/07', '2026-03'],
    [numbering({ template: lagoTemplates.per_billing_entity, restart: 'never' }), 2n, 'INV-202603-002', 'all'],
    [numbering({ template: lagoTemplates.per_customer, restart: 'never' }), 2n, 'INV-012-002', 'customer 12 all'],
    [numbering({ template: '{prefix}-{customer:2}-{year}-{customer_seq:1}' }), 3n, 'INV-12-2026-3', 'customer 12 2026'],
    [numbering({ template: '{month}{prefix}{seq:3}', restart: 'yearly' }), 7n, '03INV007', '2026'],
    [numbering({ prefix: '$&', template: '{prefix}{seq:1}', restart: 'never' }), 1n, '$&1', 'all'],
  ])('%j prints %s as %s', (how, sequence, number, series) => {
    const document = { date: march, customerNumber: 12n };
    expect([documentNumber(how, document, sequence), numberSeriesOf(how, document)]).toEqual([number, series]);
  });

  it.each([
    '{year}-{seq:4}',
    '{prefix}-{seq:4}-{seq:2}',
    '{prefix}-{year}',
    '{prefix}-{seq}',
    '{prefix}-{day}-{seq:4}',
    '{prefix}-{customer_seq:3}',
    '{prefix}#{seq:4}',
    '{prefix}-{seq:0}',
    '{prefix}-{year}-{customer_seq:3}',
    '{prefix}-{customer:2}',
    `{prefix}${'-'.repeat(41)}{seq:1}`,
    `${'{year}'.repeat(10)}{prefix}{seq:1}123456`,
    '',
  ])('takes no template %j', (template) => {
    expect(isNumberTemplate(template)).toBe(false);
  });

  it.each([
    defaultNumberTemplate,
    lagoTemplates.per_customer,
    lagoTemplates.per_billing_entity,
    '{prefix}{seq:1}',
    'A b.c_d/e-{prefix}{customer:1}{customer_seq:9}',
    `{prefix}${'-'.repeat(40)}{seq:1}`,
    `${'{year}'.repeat(10)}{prefix}{seq:1}12345`,
  ])('takes the template %j', (template) => {
    expect(isNumberTemplate(template)).toBe(true);
  });

  it.each([
    ['{prefix}-{year}-{seq:4}', 'per_billing_entity', '^INV-2026-[0-9]+$'],
    ['{prefix}.{month}/{customer:2}-{customer_seq:3}x', 'per_customer', '^INV\\.03/0*#-[0-9]+x$'],
  ])('%s counts %s and finds its own by %s', (template, counted, pattern) => {
    expect([documentNumberingOf(template), documentNumberPattern(numbering({ template }), march)]).toEqual([counted, pattern]);
  });

  it('restarts only where the number shows it', () => {
    expect(
      (['yearly', 'monthly', 'never'] as const).map((restart) =>
        ['{prefix}-{seq:1}', '{prefix}-{year}-{seq:1}', '{prefix}-{year}{month}-{seq:1}', '{prefix}-{month}-{seq:1}'].map(
          (template) => fitsRestart(template, restart),
        ),
      ),
    ).toEqual([
      [false, true, true, false],
      [false, false, true, false],
      [true, true, true, true],
    ]);
    expect([usualRestart('{prefix}-{seq:1}'), usualRestart('{prefix}-{year}-{seq:1}')]).toEqual(['never', 'yearly']);
  });

  it('never gives one number twice, and knows its own by their pattern', () => {
    const part = fc.constantFrom('{year}', '{month}', '{customer:3}', '-', '/', 'A', '1', '.');
    const how = fc
      .record({
        prefix: fc.stringMatching(/^[A-Z0-9][A-Z0-9./-]{0,9}$/),
        before: fc.array(part, { maxLength: 4 }),
        counter: fc.constantFrom('{seq:1}', '{seq:4}', '{customer_seq:3}'),
        restart: fc.constantFrom('yearly', 'monthly', 'never'),
      })
      .map(({ prefix, before, counter, restart }): Numbering => ({
        prefix,
        // Set apart: digits that run together are told by nobody.
        template: ['{prefix}', ...before, counter].join('-'),
        restart: restart as Numbering['restart'],
      }))
      .filter(({ template, restart }) => isNumberTemplate(template) && fitsRestart(template, restart));
    const document = fc.record({
      year: fc.integer({ min: 2020, max: 2030 }),
      month: fc.integer({ min: 1, max: 12 }),
      customer: fc.bigInt(1n, 2000n),
    });
    fc.assert(
      fc.property(how, fc.array(document, { minLength: 1, maxLength: 30 }), (chosen, documents) => {
        const counters = new Map<string, bigint>();
        const numbers = documents.map(({ year, month, customer }) => {
          const drawn = { date: { year, month }, customerNumber: customer };
          const series = numberSeriesOf(chosen, drawn);
          const next = (counters.get(series) ?? 0n) + 1n;
          counters.set(series, next);
          const number = documentNumber(chosen, drawn, next);
          expect(number).toMatch(new RegExp(documentNumberPattern(chosen, drawn.date).replaceAll('#', String(customer))));
          return number;
        });
        expect(new Set(numbers).size).toBe(numbers.length);
      }),
    );
  });
});
