import { Module } from '@nestjs/common';
import { PAID_SUBSCRIPTIONS } from '../../provisioning/index.ts';
import { EndPaidSubscription } from './end-paid-subscription.ts';
import { ManualProvider } from './manual-provider.ts';
import { PaymentProviders } from './payment-providers.ts';

/** What provisioning asks of payments; a module of its own, because payments itself asks provisioning. */
@Module({
  providers: [
    EndPaidSubscription,
    ManualProvider,
    PaymentProviders,
    { provide: PAID_SUBSCRIPTIONS, useExisting: EndPaidSubscription },
  ],
  exports: [PAID_SUBSCRIPTIONS],
})
export class PaidSubscriptionsModule {}
