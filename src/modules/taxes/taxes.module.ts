import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from './tax-by-address.ts';
import { TaxesController } from './taxes.controller.ts';

@Module({ controllers: [TaxesController] })
export class TaxesModule {
  /** `rates` is the table or the external provider that taxes by address ask; every room may inject it as TAX_RATES. */
  static register(rates: Type<TaxRates>): DynamicModule {
    return { module: TaxesModule, global: true, providers: [{ provide: TAX_RATES, useClass: rates }], exports: [TAX_RATES] };
  }
}
