import type { Resource } from '../http/api.ts';
import { listOf, matches } from '../http/list.ts';

export const invoicePayments: Resource = (api) => {
  const { store } = api.world;
  api.get('/v1/invoice_payments', 'InvoicePaymentListParams', ({ params }) =>
    listOf(
      store.invoicePayments.newest(
        ({ invoice, status, payment }) =>
          matches(invoice, params.invoice) &&
          matches<string>(status, params.status) &&
          matches(payment.payment_intent, params.payment?.payment_intent),
      ),
      params,
      '/v1/invoice_payments',
    ),
  );
  api.get('/v1/invoice_payments/:id', 'RetrieveParams', ({ id }) => store.invoicePayments.get(id));
};
