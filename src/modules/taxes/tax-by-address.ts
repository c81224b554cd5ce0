import { invalid } from '../../domain/errors/billing-error.ts';
import type { TaxRate } from '../../domain/invoicing/items.ts';
import { decideTaxes, taxSituation } from '../../domain/taxation/decide-taxes.ts';
import type { TaxAddress, TaxPlace, TaxRates } from '../../domain/taxation/tax-rates.ts';

/** Where the rates come from: the built-in table, or a provider in its place. */
export const TAX_RATES = Symbol('TaxRates');

export interface TaxAddresses {
  readonly seller: TaxAddress;
  readonly buyer: TaxAddress & { readonly taxId: string | null };
}

/** Asked only where no tax is assigned, so that an address which nobody needs may be incomplete. @throws BillingError validation_errors */
export type DecidedTaxes = () => readonly TaxRate[];

const nameOf = ({ country, region }: TaxPlace | TaxAddress): string =>
  [country, region].filter((part) => part !== null).join('-');

/**
 * What the addresses of seller and buyer decide for a document of the local day `on` (requirements G10, I24). The one function for
 * invoices, previews, usage and one-off invoices. A missing or unknown place is refused, not guessed.
 */
export async function taxesByAddress(rates: TaxRates, addresses: TaxAddresses | null, on: string): Promise<DecidedTaxes> {
  if (addresses === null) return () => [];
  const { seller } = addresses;
  const { taxId, ...address } = addresses.buyer;
  const asConsumer = taxSituation(seller, { ...address, taxIdValid: false });
  const matters = 'kind' in asConsumer && asConsumer.kind === 'eu_consumer';
  const valid = matters && address.country !== null && taxId !== null && (await rates.isTaxId(address.country, taxId));
  const buyer = { ...address, taxIdValid: valid };
  const situation = taxSituation(seller, buyer);
  const place = 'place' in situation ? situation.place : null;
  const decision = decideTaxes(seller, buyer, place && (await rates.rateOf(place, on)));
  if ('refused' in decision)
    return () => {
      throw invalid(decision.refused);
    };
  const tax: TaxRate = {
    id: null,
    code: `address:${decision.place ? nameOf(decision.place) : decision.kind}`,
    name: decision.name,
    rate: decision.rate,
    address: {
      rule: decision.kind,
      seller: nameOf(seller),
      buyer: nameOf(buyer),
      tax_id_valid: buyer.taxIdValid,
      on,
      note: decision.note,
    },
  };
  return () => [tax];
}
