import { Module } from '@nestjs/common';
import { PAID_SUBSCRIPTIONS } from '../../provisioning/index.ts';
import { ProviderSubscriptions } from './provider-subscriptions.ts';
import { ManualProvider } from './manual-provider.ts';
import { MayBeSold } from './may-be-sold.ts';
import { PaymentProviders } from './payment-providers.ts';

/** What provisioning asks of payments; a module of its own, because payments itself asks provisioning. */
@Module({
  providers: [
    MayBeSold,
    ProviderSubscriptions,
    ManualProvider,
    PaymentProviders,
    { provide: PAID_SUBSCRIPTIONS, useExisting: ProviderSubscriptions },
  ],
  exports: [MayBeSold, PAID_SUBSCRIPTIONS, ProviderSubscriptions],
})
export class PaidSubscriptionsModule {}
