export { findTaxes, replaceTaxes, taxesOf } from './applied-taxes.ts';
export { type DecidedTaxes, TAX_RATES, type TaxAddresses, taxesByAddress } from './tax-by-address.ts';
export { TaxRow } from './tax.entity.ts';
export { presentTax } from './tax.presenter.ts';
export { TaxesModule } from './taxes.module.ts';
