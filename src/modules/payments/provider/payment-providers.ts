import { Inject, Injectable } from '@nestjs/common';
import { invalid } from '../../../domain/errors/billing-error.ts';
import { ManualProvider } from './manual-provider.ts';
import { CONNECTED_PROVIDERS, type PaymentProvider } from './payment-provider.ts';

/** Payment providers by name. */
@Injectable()
export class PaymentProviders {
  private readonly byName: ReadonlyMap<string, PaymentProvider>;

  constructor(@Inject(CONNECTED_PROVIDERS) connected: readonly PaymentProvider[], manual: ManualProvider) {
    this.byName = new Map([manual, ...connected].map((provider) => [provider.name, provider]));
  }

  /** @throws BillingError validation_errors for a name that nobody has */
  get(name: string): PaymentProvider {
    const provider = this.byName.get(name);
    if (!provider) throw invalid({ payment_provider: ['value_is_invalid'] });
    return provider;
  }
}
