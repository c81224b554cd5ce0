import { type Handler, unchanged } from '../event-context.ts';

/** An announcement without an invoice: never stored, the upcoming invoice is asked for when somebody wants to see it. */
export const invoiceUpcoming: Handler = {
  types: ['invoice.upcoming'],
  apply: () => Promise.resolve(unchanged('announced')),
};
