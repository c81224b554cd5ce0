import { Temporal } from 'temporal-polyfill';

export interface DocumentTerms {
  /** IANA zone whose local day is the issuing day. */
  readonly timezone: string;
  /** Days from issue to due date. */
  readonly netPaymentTerm: number;
  /** Days a draft stays a draft; 0 means one hour. */
  readonly gracePeriodDays: number;
}

export interface DocumentDates {
  readonly issuingDate: Temporal.PlainDate;
  readonly paymentDueDate: Temporal.PlainDate;
  readonly scheduledFinalizeAt: Temporal.Instant;
}

/** The dates of a draft made at `now` (G11: an hour of grace; longer ones are whole local days, as Lago's). */
export function draftDates(terms: DocumentTerms, now: Temporal.Instant): DocumentDates {
  const scheduledFinalizeAt =
    terms.gracePeriodDays === 0
      ? now.add({ hours: 1 })
      : now.toZonedDateTimeISO(terms.timezone).add({ days: terms.gracePeriodDays }).toInstant();
  return { ...issueDates(terms, terms.gracePeriodDays === 0 ? now : scheduledFinalizeAt), scheduledFinalizeAt };
}

/** Issue day and due day of a document issued at `issuedAt`. */
export function issueDates(
  terms: Pick<DocumentTerms, 'timezone' | 'netPaymentTerm'>,
  issuedAt: Temporal.Instant,
): Pick<DocumentDates, 'issuingDate' | 'paymentDueDate'> {
  const issuingDate = issuedAt.toZonedDateTimeISO(terms.timezone).toPlainDate();
  return { issuingDate, paymentDueDate: issuingDate.add({ days: terms.netPaymentTerm }) };
}
