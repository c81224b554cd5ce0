import { Module } from '@nestjs/common';
import { INBOUND_PROVIDERS } from '../../modules/webhooks/index.ts';
import { StripeInbound } from './stripe-inbound.ts';

/** Stripe behind the ports of webhooks and payments. */
@Module({
  providers: [
    StripeInbound,
    { provide: INBOUND_PROVIDERS, useFactory: (stripe: StripeInbound) => [stripe], inject: [StripeInbound] },
  ],
  exports: [INBOUND_PROVIDERS],
})
export class StripeModule {}
