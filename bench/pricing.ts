import { Temporal } from 'temporal-polyfill';
import { type PeriodToPrice, pricePeriod, type TaxRate } from '../src/domain/invoicing/price-period.ts';
import { short } from './report.ts';

const distinct = 1_000;
const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Tokyo'] as const;
const currencies = ['USD', 'EUR', 'JPY', 'KWD'] as const;

const below = (limit: number): number => Math.floor(Math.random() * limit);
const oneOf = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
const decimal = (whole: number, places: number): string => `${below(whole)}.${String(below(10 ** places)).padStart(places, '0')}`;

/** The domain alone: random periods (half of them cut short), a plan, a fixed charge and two usage charges, none to two taxes. */
export function pricingLine(pricings: number): string {
  const periods = Array.from({ length: distinct }, randomPeriod);
  let total = 0n;
  const started = performance.now();
  for (let n = 0; n < pricings; n++) total += pricePeriod(periods[n % distinct] as PeriodToPrice).totalCents;
  const seconds = (performance.now() - started) / 1_000;
  if (total <= 0n) throw new Error('a million invoices cost nothing');
  return `src/domain alone prices ${short(pricings / seconds)} invoices/s (${pricings} random ones of 4 fees)`;
}

function randomPeriod(): PeriodToPrice {
  const timezone = oneOf(zones);
  const month = Temporal.PlainDate.from({ year: 2026, month: 1 + below(12), day: 1 });
  const startOf = (date: Temporal.PlainDate): Temporal.Instant => date.toZonedDateTime(timezone).toInstant();
  const period = { start: startOf(month), end: startOf(month.add({ months: 1 })) };
  const billed = Math.random() < 0.5 ? period : { start: startOf(month.add({ days: 1 + below(27) })), end: period.end };
  const taxes = ([{ rate: '20' }, { rate: '8.875' }] as const)
    .slice(0, below(3))
    .map(({ rate }, position): TaxRate => ({ id: String(position), code: `tax-${position}`, name: 'Tax', rate }));
  const usageCharge = (id: string) => ({
    id,
    name: id,
    unitAmount: decimal(2, 6),
    usage: { units: decimal(100_000, 3), eventsCount: BigInt(below(1_000)) },
    taxes,
  });
  return {
    currency: oneOf(currencies),
    timezone,
    period,
    billed,
    plan: { id: 'plan', name: 'Plan', amountCents: BigInt(1 + below(100_000)), taxes },
    fixedCharges: [
      { id: 'seat', name: 'Seat', units: String(below(50)), unitAmount: decimal(40, 2), prorated: Math.random() < 0.5, taxes },
    ],
    usageCharges: [usageCharge('tokens'), usageCharge('storage')],
  };
}
