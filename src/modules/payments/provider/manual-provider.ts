import { Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { BuyingCustomer, PaymentMethod, PaymentProvider, Purchase } from './payment-provider.ts';

/**
 * Bank transfer: the customer gets invoices, and somebody notes that the money came. Nothing outside is ever called; there is no
 * page to pay on, no payment method and nothing to take back.
 */
@Injectable()
export class ManualProvider implements PaymentProvider {
  readonly name = 'MANUAL';

  createCustomer({ id }: BuyingCustomer): Promise<string> {
    return Promise.resolve(id);
  }

  getOrCreatePrice(): Promise<never> {
    return noPage();
  }

  createCheckoutSession(): Promise<never> {
    return noPage();
  }

  expireCheckoutSession(): Promise<'expired'> {
    return Promise.resolve('expired');
  }

  createSubscription({ subscriptionId }: Purchase): Promise<string> {
    return Promise.resolve(subscriptionId);
  }

  findSubscription(): Promise<null> {
    return Promise.resolve(null);
  }

  async cancelSubscription(): Promise<void> {}

  async cancelSubscriptionAtPeriodEnd(): Promise<void> {}

  async changeSubscriptionPrice(): Promise<void> {}

  async refundSubscription(): Promise<void> {}

  listPaymentMethods(): Promise<readonly PaymentMethod[]> {
    return Promise.resolve([]);
  }

  setDefaultPaymentMethod(): Promise<never> {
    return Promise.reject(new BillingError('payment_method_not_found'));
  }

  removePaymentMethod(): Promise<never> {
    return Promise.reject(new BillingError('payment_method_not_found'));
  }

  listInvoices() {
    return Promise.resolve({ invoices: [], hasMore: false });
  }

  async payInvoiceElsewhere(): Promise<void> {}

  getUpcomingInvoice(): Promise<null> {
    return Promise.resolve(null);
  }

  createPortalSession(): Promise<never> {
    return noPage();
  }

  verifyWebhook(): never {
    throw new BillingError('invalid_webhook_signature');
  }
}

const noPage = (): Promise<never> => Promise.reject(new BillingError('customer_billed_by_invoice'));
