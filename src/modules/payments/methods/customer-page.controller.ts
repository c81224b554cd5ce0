import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { isoOf } from '../../../platform/clock/clock.ts';
import { log } from '../../../platform/logging/log.ts';
import { Offers } from '../checkout/offers.ts';
import { ProviderCustomers } from '../checkout/provider-customers.ts';
import type { PaymentMethod } from '../provider/payment-provider.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { PaymentMethods } from './payment-methods.ts';
import { presentPaymentMethod } from './present-payment-method.ts';

/** How the customer pays, and where it changes that. */
@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing')
export class CustomerPageController {
  constructor(
    private readonly offers: Offers,
    private readonly providers: PaymentProviders,
    private readonly providerCustomers: ProviderCustomers,
    private readonly paymentMethods: PaymentMethods,
  ) {}

  /** Everybody sees whether it can pay; what with, and its id at the provider, only owners (C15). */
  @Get('customer')
  async read(@CallerSession() session: Session) {
    const { customer, provider, hasPaymentMethod } = await this.offers.buyer(session);
    const isOwner = session.role === 'OWNER';
    const known = isOwner ? await this.providerCustomers.find(customer) : null;
    const methods = isOwner ? await this.methodsIfAnswered(session) : [];
    return {
      customer: {
        id: customer.id,
        external_id: customer.externalId,
        payment_provider: provider.toLowerCase(),
        has_payment_method: hasPaymentMethod,
        invoice_billing_enabled: provider === 'MANUAL',
        payment_methods: methods.map(presentPaymentMethod),
        stripe_customer_id: known?.providerCustomerId ?? null,
        created_at: isoOf(customer.createdAt),
      },
    };
  }

  /** Opens the provider's own pages for cards, subscriptions and invoices; owners only (C14). */
  @Post('portal')
  @MinimumRole('OWNER')
  @HttpCode(200)
  async portal(@CallerSession() session: Session) {
    const { customer, provider } = await this.offers.buyer(session);
    if (provider === 'MANUAL') throw new BillingError('customer_billed_by_invoice');
    const id = await this.providerCustomers.findOrCreate(customer);
    return { portal_url: await this.providers.get(provider).createPortalSession(id, session.returnUrl) };
  }

  private async methodsIfAnswered(session: Session): Promise<readonly PaymentMethod[]> {
    try {
      return await this.paymentMethods.list(session);
    } catch (error) {
      log.warn('payment methods are shown as none: the provider does not answer', { reason: String(error) });
      return [];
    }
  }
}
