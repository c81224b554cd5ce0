export { findTaxes, replaceTaxes, taxesOf } from './applied-taxes.ts';
export { TaxRow } from './tax.entity.ts';
export { presentTax } from './tax.presenter.ts';
export { TaxesModule } from './taxes.module.ts';
