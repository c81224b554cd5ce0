import type { ObservedInvoice } from '../provider/observed.ts';

/** DI token of the provider that knows what it will bill next. */
export const UPCOMING_INVOICES = Symbol('UPCOMING_INVOICES');

export interface UpcomingInvoices {
  /** What the provider would bill next for this subscription of its; null when nothing is to come. @throws when it does not answer */
  of(providerCustomerId: string, providerSubscriptionId: string): Promise<ObservedInvoice | null>;
}
