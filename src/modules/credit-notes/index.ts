export { type CreditableFee, type CreditableInvoice, readPaidBeyond, toCredit } from './creditable-invoices.store.ts';
export { CreditNoteRow } from './credit-note.entity.ts';
export { CreditNotesModule } from './credit-notes.module.ts';
export { creditVoidedInvoice, type VoidCredit } from './credit-voided-invoice.ts';
export { type CreditNoteToIssue, issueCreditNotes } from './issue-credit-notes.ts';
export { type CreditTaker, creditsFor, returnCredits, takeCredits } from './take-credits.ts';
