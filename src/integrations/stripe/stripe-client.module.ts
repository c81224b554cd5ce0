import { Global, Module } from '@nestjs/common';
import { CONNECTED_PROVIDERS } from '../../modules/payments/index.ts';
import { StripeProvider } from './provider/stripe-provider.ts';
import { StripeClient } from './stripe-client.ts';
import { StripeStandIn } from './stripe-stand-in.ts';

/** What asks Stripe; global, because the payments room asks by its own token and does not know who answers. */
@Global()
@Module({
  providers: [
    StripeClient,
    StripeProvider,
    StripeStandIn,
    { provide: CONNECTED_PROVIDERS, useFactory: (stripe: StripeProvider) => [stripe], inject: [StripeProvider] },
  ],
  exports: [StripeClient, StripeProvider, StripeStandIn, CONNECTED_PROVIDERS],
})
export class StripeClientModule {}
