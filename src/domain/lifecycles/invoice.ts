export const invoiceStatuses = ['DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE', 'CLOSED'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** Of an invoice that is a document: it has a number. */
export type DocumentStatus = Exclude<InvoiceStatus, 'CLOSED'>;

/**
 * What may follow what (requirement H5). A draft keeps its number when it is voided, so that the series stays gapless. What came to
 * nothing where no invoice of zero is wanted is CLOSED from the start: no document, no number, and its periods count as billed.
 */
export const invoiceTransitions: Readonly<Record<InvoiceStatus, readonly InvoiceStatus[]>> = {
  DRAFT: ['OPEN', 'VOID'],
  OPEN: ['PAID', 'VOID', 'UNCOLLECTIBLE'],
  UNCOLLECTIBLE: ['PAID', 'VOID'],
  PAID: [],
  VOID: [],
  CLOSED: [],
};

export const mayBecome = (from: InvoiceStatus, to: InvoiceStatus): boolean => invoiceTransitions[from].includes(to);
