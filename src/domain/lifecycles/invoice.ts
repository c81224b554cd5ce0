export const invoiceStatuses = ['DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** What may follow what (requirement H5). A draft keeps its number when it is voided, so that the series stays gapless. */
export const invoiceTransitions: Readonly<Record<InvoiceStatus, readonly InvoiceStatus[]>> = {
  DRAFT: ['OPEN', 'VOID'],
  OPEN: ['PAID', 'VOID', 'UNCOLLECTIBLE'],
  UNCOLLECTIBLE: ['PAID', 'VOID'],
  PAID: [],
  VOID: [],
};

export const mayBecome = (from: InvoiceStatus, to: InvoiceStatus): boolean => invoiceTransitions[from].includes(to);
