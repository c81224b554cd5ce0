import { createRequire } from 'node:module';
import { Injectable } from '@nestjs/common';
import salesTax from 'sales-tax';
import { Temporal } from 'temporal-polyfill';
import { Exact } from '../../domain/money/exact.ts';
import type { TaxAnswer, TaxPlace, TaxRates } from '../../domain/taxation/tax-rates.ts';

/** A rate of the library: a fraction of one, as a JSON number with a handful of decimals. */
interface ListedRate {
  readonly type: string;
  readonly rate: number;
}

interface ListedPlace extends ListedRate {
  /** By the instant at which a rate gave way to the next one. */
  readonly before?: Readonly<Record<string, ListedRate>>;
  readonly states?: Readonly<Record<string, ListedPlace>>;
}

/** The library's functions know only today and add as floats: its table says all that is needed. */
const listed = createRequire(import.meta.url)('sales-tax/res/sales_tax_rates.json') as Readonly<Record<string, ListedPlace>>;

/** US states without a sales tax of the state, which the library leaves out like places that do not exist. */
const untaxedStates: ReadonlySet<string> = new Set(['AK', 'DE', 'MT', 'NH', 'OR']);
/** Canadian provinces and territories with only the federal tax. */
const federalOnly: ReadonlySet<string> = new Set(['AB', 'NT', 'NU', 'YT']);

// Nothing may be asked of the network while an invoice is priced.
salesTax.toggleEnabledTaxNumberFraudCheck(false);

/** The built-in table: `sales-tax`, offline (ADR 0029). Standard rates of countries, US states and Canadian provinces. */
@Injectable()
export class TaxTable implements TaxRates {
  rateOf({ country, region }: TaxPlace, on: string): Promise<TaxAnswer | null> {
    return Promise.resolve(answerOf(country, region, on));
  }

  isTaxId(country: string, taxId: string): Promise<boolean> {
    return salesTax.validateTaxNumber(country, taxId.replaceAll(/[\s.-]/gu, '').toUpperCase());
  }
}

function answerOf(country: string, region: string | null, on: string): TaxAnswer | null {
  const place = placeIn(listed, country);
  if (!place) return null;
  const own = rateOn(place, on);
  if (region === null) return { rate: percentOf(own.rate).toDecimal(), name: own.type.toUpperCase() };
  const state = placeIn(place.states ?? {}, region);
  const known = state ? rateOn(state, on) : lists(country, region) ? { type: own.type, rate: 0 } : null;
  if (!known) return null;
  const rate = percentOf(own.rate).plus(percentOf(known.rate)).toDecimal();
  return { rate, name: country === 'US' ? 'Sales tax' : namesOf(own, known) };
}

const placeIn = (places: Readonly<Record<string, ListedPlace>>, code: string): ListedPlace | undefined =>
  Object.hasOwn(places, code) ? places[code] : undefined;

const lists = (country: string, region: string): boolean =>
  (country === 'US' && untaxedStates.has(region)) || (country === 'CA' && federalOnly.has(region));

const namesOf = (own: ListedRate, state: ListedRate): string =>
  [...new Set([own.type, state.type])].map((type) => type.toUpperCase()).join(' + ');

/** The shortest text that reads back as the same double is what the library's authors wrote. */
const percentOf = (rate: number): Exact => Exact.parse(String(rate)).times(Exact.fromInteger(100n));

/** Changes are local midnights, written as instants: noon in UTC is after midnight and before the next, whatever the zone. */
function rateOn(place: ListedPlace, on: string): ListedRate {
  const noon = Temporal.Instant.from(`${on}T12:00:00Z`);
  const later = Object.entries(place.before ?? {})
    .map(([until, rate]) => ({ until: Temporal.Instant.from(until), rate }))
    .filter(({ until }) => Temporal.Instant.compare(noon, until) < 0)
    .toSorted((a, b) => Temporal.Instant.compare(a.until, b.until));
  return later[0]?.rate ?? place;
}
