import { Exact } from './exact.ts';

/** ISO 4217 currencies whose minor unit is not a hundredth. */
const minorDigitsByCurrency: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
}; // prettier-ignore

/** Active ISO 4217 codes that a customer can be billed in. */
const currencies: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP ' +
    'CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY ' +
    'KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK ' +
    'NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT ' +
    'TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
);

export const isCurrency = (code: string): boolean => currencies.has(code);

/** Decimal places of the currency's minor unit: JPY 0, USD 2, KWD 3. */
export const minorDigits = (currency: string): number => minorDigitsByCurrency[currency] ?? 2;

/** An amount in major units (12.5 dollars) as minor units (1250 cents), still unrounded. */
export const inMinorUnits = (majorAmount: Exact, currency: string): Exact =>
  majorAmount.times(Exact.fromInteger(10n ** BigInt(minorDigits(currency))));

/** Minor units (1250.5 cents) as major units (12.505 dollars), exactly. */
export const inMajorUnits = (minorAmount: Exact, currency: string): Exact =>
  minorAmount.dividedBy(Exact.fromInteger(10n ** BigInt(minorDigits(currency))));

/** Minor units as a major-unit decimal with the currency's own number of places: 14520 USD is `145.20`. */
export function formatMajor(minorUnits: bigint, currency: string): string {
  const places = minorDigits(currency);
  const digits = (minorUnits < 0n ? -minorUnits : minorUnits).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places);
  return `${minorUnits < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}

/** Minor units of a fee or an invoice: beyond 2^53 − 1, clients that read JSON numbers as floats would read another amount. */
export const largestAmountCents = 9_007_199_254_740_991n;
