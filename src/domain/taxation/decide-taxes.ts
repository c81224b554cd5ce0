import { euMembers, type TaxAddress, type TaxAnswer, type TaxPlace } from './tax-rates.ts';

export interface TaxSeller extends TaxAddress {
  /** US states in which the seller must collect; null: in all of them. */
  readonly collectsIn?: readonly string[] | null;
  /** Below the EU's threshold for distance sales: consumers elsewhere in the EU pay the seller's own rate. */
  readonly belowEuThreshold?: boolean;
}

export interface TaxBuyer extends TaxAddress {
  /** Whether the table or provider of rates takes the number for one of the buyer's country; false for none. */
  readonly taxIdValid: boolean;
}

export type TaxKind = 'domestic' | 'eu_consumer' | 'eu_reverse_charge' | 'export' | 'us_state' | 'us_not_collected';

export type TaxDecision =
  | {
      readonly kind: TaxKind;
      /** Whose rate it is; null where nothing is due. */
      readonly place: TaxPlace | null;
      /** A percentage as decimal text. */
      readonly rate: string;
      readonly name: string;
      /** What the invoice must say; null where it need not say anything. */
      readonly note: string | null;
    }
  | { readonly refused: Readonly<Record<string, readonly string[]>> };

const notes = {
  eu_reverse_charge: 'Reverse charge: VAT is to be accounted for by the recipient (Article 196, Council Directive 2006/112/EC).',
  eu_export:
    'Outside the scope of EU VAT: the place of supply is where the customer is established (Articles 44 and 59, Council Directive 2006/112/EC).',
  export: "Export: not subject to tax in the seller's country.",
} as const;

interface Situation {
  readonly kind: TaxKind;
  readonly place: TaxPlace | null;
  readonly note: string | null;
}

const isEu = (country: string): boolean => euMembers.has(country);

/** Which rule holds between two addresses, and whose rate has to be asked for. */
export function taxSituation(
  seller: TaxSeller,
  buyer: TaxBuyer,
): Situation | { readonly refused: Readonly<Record<string, readonly string[]>> } {
  const { country: from } = seller;
  const { country: to } = buyer;
  if (from === null) return { refused: { 'billing_entity.country': ['value_is_mandatory'] } };
  if (to === null) return { refused: { 'customer.country': ['value_is_mandatory'] } };
  if (from === 'US' && to === 'US') return americanSituation(seller, buyer);
  if (from === 'CA' && to === 'CA') return canadianSituation(buyer);
  if (from === to) return { kind: 'domestic', place: { country: to, region: null }, note: null };
  if (!isEu(from)) return { kind: 'export', place: null, note: notes.export };
  if (!isEu(to)) return { kind: 'export', place: null, note: notes.eu_export };
  if (buyer.taxIdValid) return { kind: 'eu_reverse_charge', place: null, note: notes.eu_reverse_charge };
  return { kind: 'eu_consumer', place: { country: seller.belowEuThreshold ? from : to, region: null }, note: null };
}

/** The provinces add to the federal tax, or have one of their own in its place. */
const canadianSituation = ({
  region,
}: TaxBuyer): Situation | { readonly refused: Readonly<Record<string, readonly string[]>> } =>
  region === null
    ? { refused: { 'customer.state': ['value_is_mandatory'] } }
    : { kind: 'domestic', place: { country: 'CA', region }, note: null };

/** Sales tax is the state's of the buyer, where the seller must collect it. */
function americanSituation(
  seller: TaxSeller,
  { region }: TaxBuyer,
): Situation | { readonly refused: Readonly<Record<string, readonly string[]>> } {
  if (region === null) return { refused: { 'customer.state': ['value_is_mandatory'] } };
  if (seller.collectsIn != null && !seller.collectsIn.includes(region))
    return { kind: 'us_not_collected', place: null, note: null };
  return { kind: 'us_state', place: { country: 'US', region }, note: null };
}

/**
 * The tax that two addresses decide (requirement G10). `answer` is what the table or an external provider said of
 * `taxSituation(...).place`; it is not looked at where no rate is asked for.
 */
export function decideTaxes(seller: TaxSeller, buyer: TaxBuyer, answer: TaxAnswer | null): TaxDecision {
  const situation = taxSituation(seller, buyer);
  if ('refused' in situation) return situation;
  const { kind, place, note } = situation;
  if (place === null) return { kind, place, rate: '0', name: kind === 'eu_reverse_charge' ? 'Reverse charge' : 'No tax', note };
  if (answer === null) return { refused: { tax: ['tax_rate_unknown'] } };
  return { kind, place, rate: answer.rate, name: answer.name, note };
}
