import { Injectable } from '@nestjs/common';
import StripeSdk from 'stripe';
import type { ObservedInvoice, UpcomingInvoices } from '../../modules/payments/index.ts';
import { parseExactJson } from '../../platform/http/strict-json.ts';
import { normaliseInvoice } from './normalise-invoice.ts';
import { fieldsOf } from './payload.ts';
import { StripeClient } from './stripe-client.ts';

const nothingToCome = ['invoice_upcoming_none', 'resource_missing'];

/** Stripe's preview of the next invoice. */
@Injectable()
export class StripeUpcoming implements UpcomingInvoices {
  constructor(private readonly client: StripeClient) {}

  async of(customer: string, subscription: string): Promise<ObservedInvoice | null> {
    try {
      const preview = await this.client.ask((sdk) => sdk.invoices.createPreview({ customer, subscription }));
      const invoice = fieldsOf(parseExactJson(JSON.stringify(preview)));
      return invoice ? normaliseInvoice(invoice) : null;
    } catch (error) {
      if (error instanceof StripeSdk.errors.StripeInvalidRequestError && nothingToCome.includes(error.code ?? '')) return null;
      throw error;
    }
  }
}
