/** ISO 3166-1 alpha-2, and in the US and Canada the state's or province's two letters. */
export interface TaxPlace {
  readonly country: string;
  readonly region: string | null;
}

export interface TaxAddress {
  readonly country: string | null;
  readonly region: string | null;
}

/** A place's standard rate as it stands on a day. */
export interface TaxAnswer {
  /** A percentage as decimal text. */
  readonly rate: string;
  /** As an invoice names it: "VAT", "Sales tax". */
  readonly name: string;
}

/** The port to a table of rates or to an external provider; null: it does not know the place. */
export interface TaxRates {
  rateOf(place: TaxPlace, on: string): Promise<TaxAnswer | null>;
  /** Whether a tax identification number is one of this country's: by its form and check digits, or by asking a register. */
  isTaxId(country: string, taxId: string): Promise<boolean>;
}

/** Members of the European Union since 2020-02-01. */
export const euMembers: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);
