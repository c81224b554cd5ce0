import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { type CreditNoteAmounts, type CreditSplit, decideCreditNote } from '../../domain/invoicing/credit-note.ts';
import { Exact } from '../../domain/money/exact.ts';
import { readSnapshot } from '../../platform/database/snapshot.ts';
import { type Query, queryIn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { type CreditableInvoice, readCreditableInvoice, toCredit } from './creditable-invoices.store.ts';
import type { CreateCreditNoteInput, EstimateCreditNoteInput } from './credit-note.dto.ts';
import type { CreditNoteRow } from './credit-note.entity.ts';
import { issueCreditNotes } from './issue-credit-notes.ts';
import { withMetadata } from './metadata.ts';

export interface CreditNoteEstimate {
  readonly invoice: CreditableInvoice;
  readonly amounts: CreditNoteAmounts;
  /** What may be paid back, and what may be taken off what is owed. */
  readonly refundableCents: bigint;
  readonly offsettableCents: bigint;
}

/** Gives back some of the fees of an issued invoice; an estimate is its first two beats. */
@Injectable()
export class CreateCreditNote {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /**
   * @throws BillingError invoice_not_found, invalid_type_or_status (not issued), validation_errors (a fee of another invoice, more than is
   * left of a fee, amounts that do not make the total, more refund than was paid, more offset than is owed)
   */
  async execute(organizationId: string, input: CreateCreditNoteInput): Promise<CreditNoteRow> {
    return this.unitOfWork.run(async (tx) => {
      const estimate = await decide(queryIn(tx), organizationId, input);
      const split = splitOf(input, estimate);
      const metadata = withMetadata(null, input.metadata ?? null);
      const at = await this.organizationClock.now(organizationId, tx);
      const [row] = await issueCreditNotes(
        tx,
        organizationId,
        [{ ...estimate, split, reason: input.reason ?? 'other', description: input.description ?? null, metadata }],
        at,
      );
      if (!row) throw new Error('a credit note was not written');
      return row;
    });
  }

  /** The same decision, stored nowhere. @throws BillingError as execute */
  estimate(organizationId: string, input: EstimateCreditNoteInput): Promise<CreditNoteEstimate> {
    return readSnapshot(this.dataSource, (manager) => decide(queryIn(manager), organizationId, input, { locks: false }));
  }
}

async function decide(
  query: Query,
  organizationId: string,
  input: EstimateCreditNoteInput,
  locking: { locks?: boolean } = {},
): Promise<CreditNoteEstimate> {
  const invoice = await readCreditableInvoice(query, organizationId, input.invoice_id, locking);
  if (!invoice) throw new BillingError('invoice_not_found');
  if (invoice.status === 'DRAFT' || invoice.status === 'VOID') throw new BillingError('invalid_type_or_status');
  const known = new Set(invoice.fees.map((fee) => fee.id));
  const unknown = input.items.findIndex((item) => !known.has(item.fee_id));
  if (unknown >= 0) throw invalid({ [`items.${unknown}.fee_id`]: ['fee_not_found'] });
  const credits = new Map<string, Exact>();
  for (const { fee_id: id, amount_cents: cents } of input.items)
    credits.set(id, (credits.get(id) ?? Exact.zero).plus(Exact.fromInteger(cents)));
  const decision = decideCreditNote(toCredit(invoice, credits));
  if ('refused' in decision) {
    const position = input.items.findIndex((item) => item.fee_id === decision.refused.feeId);
    throw invalid({ [`items.${position}.amount_cents`]: [decision.refused.reason] });
  }
  const amounts = decision.note;
  const paid = BigInt(invoice.total_paid_cents) - BigInt(invoice.refunded_cents);
  const settled = BigInt(invoice.total_paid_cents) + BigInt(invoice.offset_amount_cents) + BigInt(invoice.provider_balance_cents);
  const owed = BigInt(invoice.total_cents) - settled;
  const atMost = (limit: bigint): bigint => (limit < amounts.totalCents ? (limit > 0n ? limit : 0n) : amounts.totalCents);
  return { invoice, amounts, refundableCents: atMost(paid), offsettableCents: atMost(owed) };
}

/** @throws BillingError validation_errors */
function splitOf(input: CreateCreditNoteInput, { amounts, refundableCents, offsettableCents }: CreditNoteEstimate): CreditSplit {
  const refundCents = input.refund_amount_cents ?? 0n;
  const offsetCents = input.offset_amount_cents ?? 0n;
  const nothingSaid = input.credit_amount_cents == null && input.refund_amount_cents == null && input.offset_amount_cents == null;
  const creditCents = input.credit_amount_cents ?? (nothingSaid ? amounts.totalCents : 0n);
  const wrong = {
    ...(refundCents > refundableCents ? { refund_amount_cents: ['higher_than_remaining_invoice_amount'] } : {}),
    ...(offsetCents > offsettableCents ? { offset_amount_cents: ['higher_than_remaining_invoice_amount'] } : {}),
    ...(creditCents + refundCents + offsetCents === amounts.totalCents ? {} : { base: ['does_not_match_item_amounts'] }),
  };
  if (Object.keys(wrong).length > 0) throw invalid(wrong);
  return { creditCents, refundCents, offsetCents };
}
