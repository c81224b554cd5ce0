import type { Temporal } from 'temporal-polyfill';

/** When a counter begins again with 1. */
export const numberRestarts = ['yearly', 'monthly', 'never'] as const;
export type NumberRestart = (typeof numberRestarts)[number];

/** How an entity numbers its documents. */
export interface Numbering {
  readonly prefix: string;
  readonly template: string;
  readonly restart: NumberRestart;
}

export const defaultNumberTemplate = '{prefix}-{year}-{seq:4}';

/** Lago's two ways to number (lago.md 3.4), as templates: `INV-001-002` and `INV-202511-002`. Neither ever begins again. */
export const lagoTemplates = {
  per_customer: '{prefix}-{customer:3}-{customer_seq:3}',
  per_billing_entity: '{prefix}-{year}{month}-{seq:3}',
} as const;
export type DocumentNumbering = keyof typeof lagoTemplates;

/**
 * `{prefix}` `{year}` `{month}` `{customer:N}` (the customer's number in the organization), and the counter: `{seq:N}` counts the
 * entity's documents, `{customer_seq:N}` those of one customer. N digits at least; literal text may stand between.
 */
const token = /\{(prefix|year|month|(customer|seq|customer_seq):([1-9]))\}/g;

const shows = (template: string, name: string): boolean => template.includes(`{${name}`);

/** Does it count per customer, or all of the entity's documents? */
export const documentNumberingOf = (template: string): DocumentNumbering =>
  shows(template, 'customer_seq:') ? 'per_customer' : 'per_billing_entity';

/**
 * A template that can never give one number twice: one counter; the prefix, which tells entities apart; the customer where the
 * counter is the customer's. Nothing else in braces.
 */
export function isNumberTemplate(template: string): boolean {
  const names = [...template.matchAll(token)].map((match) => match[2] ?? match[1] ?? '');
  const counters = names.filter((name) => name === 'seq' || name === 'customer_seq');
  return (
    counters.length === 1 &&
    names.includes('prefix') &&
    (counters[0] === 'seq' || names.includes('customer')) &&
    /^[A-Za-z0-9 ._/-]{0,40}$/.test(template.replace(token, '')) &&
    template.length <= 80
  );
}

/** What begins again every year must show the year, and every month the month too, or numbers would repeat. */
export const fitsRestart = (template: string, restart: NumberRestart): boolean =>
  restart === 'never' || (shows(template, 'year}') && (restart === 'yearly' || shows(template, 'month}')));

/** The restart of a template that comes without one: with the year it shows, else never. */
export const usualRestart = (template: string): NumberRestart => (fitsRestart(template, 'yearly') ? 'yearly' : 'never');

/** The document that gets a number: its day in the entity's zone, and whose it is. */
export interface NumberedDocument {
  readonly date: Pick<Temporal.PlainDate, 'year' | 'month'>;
  readonly customerNumber: bigint;
}

const twoDigits = (month: number): string => String(month).padStart(2, '0');

/** The counter a document's number is drawn from: `2026`, `2026-03`, `all`; a customer's own is `customer 12 2026`. */
export function numberSeriesOf({ template, restart }: Numbering, { date, customerNumber }: NumberedDocument): string {
  const span = { yearly: String(date.year), monthly: `${date.year}-${twoDigits(date.month)}`, never: 'all' }[restart];
  return documentNumberingOf(template) === 'per_customer' ? `customer ${customerNumber} ${span}` : span;
}

/** `{prefix}-{year}-{seq:4}` → `INV-2025-0055`; counters and customers grow beyond their width. */
export function documentNumber(
  { prefix, template }: Numbering,
  { date, customerNumber }: NumberedDocument,
  sequence: bigint,
): string {
  const plain: Readonly<Record<string, string>> = { prefix, year: String(date.year), month: twoDigits(date.month) };
  return template.replace(token, (_, name: string, counted?: string, width?: string) => {
    if (counted === undefined) return plain[name] ?? '';
    return (counted === 'customer' ? customerNumber : sequence).toString().padStart(Number(width), '0');
  });
}

/** Numbers of this month or year, as a regular expression: what the counters from now on could give. `#` stands for the customer's number. */
export function documentNumberPattern({ prefix, template }: Numbering, today: NumberedDocument['date']): string {
  const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const plain: Readonly<Record<string, string>> = {
    prefix: literal(prefix),
    year: String(today.year),
    month: twoDigits(today.month),
  };
  let pattern = '';
  let end = 0;
  for (const match of template.matchAll(token)) {
    pattern +=
      literal(template.slice(end, match.index)) + (plain[match[1] ?? ''] ?? (match[2] === 'customer' ? '0*#' : '[0-9]+'));
    end = match.index + match[0].length;
  }
  return `^${pattern}${literal(template.slice(end))}$`;
}
