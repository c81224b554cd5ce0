import type { InvoiceRow } from './invoice.entity.ts';

/** What has to come in money for an invoice: its total less what credit notes and the provider's balance of the customer settled of it. */
export const payableOf = (row: Pick<InvoiceRow, 'totalCents' | 'offsetAmountCents' | 'providerBalanceCents'>): bigint =>
  row.totalCents - row.offsetAmountCents - row.providerBalanceCents;
