import { Temporal } from 'temporal-polyfill';
import type { InvoiceItem, TaxRate } from '../src/domain/invoicing/items.ts';
import { type InvoiceToPrice, priceInvoice } from '../src/domain/invoicing/price-items.ts';
import { Exact } from '../src/domain/money/exact.ts';
import { pricingOf } from '../src/domain/pricing/read-charge-model.ts';
import { short } from './report.ts';

const distinct = 1_000;
const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Tokyo'] as const;
const currencies = ['USD', 'EUR', 'JPY', 'KWD'] as const;

const below = (limit: number): number => Math.floor(Math.random() * limit);
const oneOf = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
const decimal = (whole: number, places: number): string => `${below(whole)}.${String(below(10 ** places)).padStart(places, '0')}`;

/** The domain alone: random periods (half of them cut short), a plan and three charges, none to two taxes; plain prices, then any. */
export function domainLines(pricings: number): string {
  const plain = rateOf(pricings, plainItems);
  const any = rateOf(pricings, anyItems);
  return `src/domain alone prices ${short(plain)} plain invoices/s, ${short(any)} with tiers (${pricings} random ones of each, 4 fees and more)`;
}

function rateOf(pricings: number, itemsOf: (ground: Ground) => InvoiceItem[]): number {
  const invoices = Array.from({ length: distinct }, () => randomInvoice(itemsOf));
  let total = 0n;
  const started = performance.now();
  for (let n = 0; n < pricings; n++) total += priceInvoice(invoices[n % distinct] as InvoiceToPrice).totalCents;
  const seconds = (performance.now() - started) / 1_000;
  if (total <= 0n) throw new Error('a million invoices cost nothing');
  return pricings / seconds;
}

type Ground = Pick<InvoiceItem, 'taxes' | 'period' | 'billed'>;

function randomInvoice(itemsOf: (ground: Ground) => InvoiceItem[]): InvoiceToPrice {
  const timezone = oneOf(zones);
  const month = Temporal.PlainDate.from({ year: 2026, month: 1 + below(12), day: 1 });
  const startOf = (date: Temporal.PlainDate): Temporal.Instant => date.toZonedDateTime(timezone).toInstant();
  const period = { start: startOf(month), end: startOf(month.add({ months: 1 })) };
  const billed = Math.random() < 0.5 ? period : { start: startOf(month.add({ days: 1 + below(27) })), end: period.end };
  const taxes = ([{ rate: '20' }, { rate: '8.875' }] as const)
    .slice(0, below(3))
    .map(({ rate }, position): TaxRate => ({ id: String(position), code: `tax-${position}`, name: 'Tax', rate }));
  return { currency: oneOf(currencies), timezone, items: itemsOf({ taxes, period, billed }) };
}

const planAndSeats = (ground: Ground): InvoiceItem[] => [
  { ...ground, kind: 'plan', id: 'plan', name: 'Plan', amountCents: BigInt(1 + below(100_000)) },
  {
    ...ground,
    kind: 'fixed_charge',
    id: 'seat',
    name: 'Seat',
    units: String(below(50)),
    pricing: pricingOf('standard', { amount: decimal(40, 2) }),
    prorated: Math.random() < 0.5,
  },
];

const usage = () => ({ units: Exact.parse(decimal(100_000, 3)), eventsCount: BigInt(below(1_000)) });

const plainItems = (ground: Ground): InvoiceItem[] => [
  ...planAndSeats(ground),
  ...['tokens', 'storage'].map((id): InvoiceItem => {
    const pricing = pricingOf('standard', { amount: decimal(2, 6) });
    return { ...ground, kind: 'charge', id, name: id, buckets: [{ pricing, usage: usage() }] };
  }),
];

/** Graduated with two groups and a minimum, packages, and a commitment over all of it. */
const anyItems = (ground: Ground): InvoiceItem[] => {
  const tiers = [
    { from_value: 0, to_value: 1000, per_unit_amount: decimal(2, 4), flat_amount: '5' },
    { from_value: 1001, to_value: 50_000, per_unit_amount: decimal(2, 4), flat_amount: '0' },
    { from_value: 50_001, to_value: null, per_unit_amount: decimal(2, 4), flat_amount: '0' },
  ];
  const graduated = pricingOf('graduated', { graduated_ranges: tiers });
  const packages = pricingOf('package', { amount: decimal(9, 2), package_size: 100, free_units: 50 });
  const groups = ['eu', 'us'].map((region) => ({ pricing: graduated, usage: usage(), groupedBy: { region } }));
  return [
    ...planAndSeats(ground),
    { ...ground, kind: 'charge', id: 'tokens', name: 'Tokens', minimumCents: 1_000_000n, buckets: groups },
    { ...ground, kind: 'charge', id: 'files', name: 'Files', buckets: [{ pricing: packages, usage: usage() }] },
    { ...ground, kind: 'commitment', id: 'plan', name: 'Commitment', amountCents: 50_000_000n, billedBeforeCents: 0n },
  ];
};
