import { Global, Module } from '@nestjs/common';
import { UPCOMING_INVOICES } from '../../modules/payments/index.ts';
import { StripeClient } from './stripe-client.ts';
import { StripeUpcoming } from './stripe-upcoming.ts';

/** What asks Stripe; global, because the payments room asks by its own token and does not know who answers. */
@Global()
@Module({
  providers: [StripeClient, { provide: UPCOMING_INVOICES, useClass: StripeUpcoming }],
  exports: [StripeClient, UPCOMING_INVOICES],
})
export class StripeClientModule {}
