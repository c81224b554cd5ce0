import { Module } from '@nestjs/common';
import { PAID_SUBSCRIPTIONS } from '../../provisioning/index.ts';
import { ProviderSubscriptions } from './provider-subscriptions.ts';
import { ManualProvider } from './manual-provider.ts';
import { PaymentProviders } from './payment-providers.ts';

/** What provisioning asks of payments; a module of its own, because payments itself asks provisioning. */
@Module({
  providers: [
    ProviderSubscriptions,
    ManualProvider,
    PaymentProviders,
    { provide: PAID_SUBSCRIPTIONS, useExisting: ProviderSubscriptions },
  ],
  exports: [PAID_SUBSCRIPTIONS, ProviderSubscriptions],
})
export class PaidSubscriptionsModule {}
