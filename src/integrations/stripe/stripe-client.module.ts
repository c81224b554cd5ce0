import { Global, Module } from '@nestjs/common';
import { UPCOMING_INVOICES } from '../../modules/payments/index.ts';
import { StripeClient } from './stripe-client.ts';
import { StripeStandIn } from './stripe-stand-in.ts';
import { StripeUpcoming } from './stripe-upcoming.ts';

/** What asks Stripe; global, because the payments room asks by its own token and does not know who answers. */
@Global()
@Module({
  providers: [StripeClient, StripeStandIn, { provide: UPCOMING_INVOICES, useClass: StripeUpcoming }],
  exports: [StripeClient, StripeStandIn, UPCOMING_INVOICES],
})
export class StripeClientModule {}
