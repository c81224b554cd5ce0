import { Module } from '@nestjs/common';
import { PaymentsModule } from '../../modules/payments/index.ts';
import { INBOUND_PROVIDERS } from '../../modules/webhooks/index.ts';
import { StripeClientModule } from './stripe-client.module.ts';
import { StripeInbound } from './stripe-inbound.ts';
import { StripeQuestions } from './stripe-questions.ts';
import { StripeSweep } from './stripe-sweep.ts';

/** Stripe behind the ports of webhooks and payments. */
@Module({
  imports: [PaymentsModule, StripeClientModule],
  providers: [
    StripeInbound,
    StripeQuestions,
    StripeSweep,
    { provide: INBOUND_PROVIDERS, useFactory: (stripe: StripeInbound) => [stripe], inject: [StripeInbound] },
  ],
  exports: [INBOUND_PROVIDERS],
})
export class StripeModule {}
