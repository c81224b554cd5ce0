import { applyCredits } from '../../domain/invoicing/apply-credits.ts';
import { type Query, queryIn, runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { CreditNoteToIssue } from './issue-credit-notes.ts';

/** An invoice that is about to be issued, before credits. */
export interface CreditTaker {
  readonly id: string;
  readonly customerId: string;
  readonly billingEntityId: string;
  readonly currency: string;
  readonly totalCents: bigint;
}

interface Available {
  readonly id: string;
  readonly invoice_id: string;
  readonly customer_id: string;
  readonly billing_entity_id: string;
  readonly currency: string;
  readonly balance_amount_cents: string;
  readonly is_draft: boolean;
}

const finalize = {
  name: 'credit_notes.finalize',
  text: `update credit_notes set status = 'FINALIZED', updated_at = $3 where organization_id = $1 and invoice_id = any($2::uuid[]) and status = 'DRAFT'`,
};

const available = (
  among: string,
): string => `select id, invoice_id, customer_id, billing_entity_id, currency, balance_amount_cents,
      status = 'DRAFT' as is_draft from credit_notes
    where organization_id = $1 and customer_id = any($2::uuid[]) and balance_amount_cents > 0 and ${among} order by created_at, id`;
const lockAvailable = { name: 'credit_notes.lock_available', text: `${available("status = 'FINALIZED'")} for update` };
const readForeseen = { name: 'credit_notes.foreseen', text: available('true') };

const take = {
  name: 'credit_notes.take',
  text: `with taken as (
      insert into invoice_credits (organization_id, invoice_id, credit_note_id, amount_cents, created_at)
      select $1, r.*, $2 from unnest($3::uuid[], $4::uuid[], $5::int8[]) as r
    )
    update credit_notes n set balance_amount_cents = n.balance_amount_cents - r.amount, updated_at = $2
    from (select id, sum(amount)::bigint as amount from unnest($4::uuid[], $5::int8[]) as t(id, amount) group by id) r
    where n.organization_id = $1 and n.id = r.id`,
};

interface Taking {
  readonly invoiceId: string;
  readonly creditNoteId: string;
  readonly amountCents: bigint;
}

/**
 * Issues the drafts' own credit notes and lets the invoices take what their customers have, the oldest note first, never of the
 * invoice itself (lago.md 2.10) and never of another billing entity (docs/decisions/0055). Answers what each took. Two statements
 * when nobody has credit.
 */
export async function takeCredits(
  tx: Tx,
  organizationId: string,
  invoices: readonly CreditTaker[],
  at: Date,
): Promise<ReadonlyMap<string, bigint>> {
  await runStatement(tx, finalize, [organizationId, invoices.map((invoice) => invoice.id), at]);
  const takings = decide([invoices], await notesOf(queryIn(tx), lockAvailable, organizationId, invoices));
  if (takings.length > 0)
    await runStatement(tx, take, [
      organizationId,
      at,
      takings.map((taking) => taking.invoiceId),
      takings.map((taking) => taking.creditNoteId),
      takings.map((taking) => taking.amountCents),
    ]);
  return sums(takings);
}

/**
 * What invoices will take when they are issued, those of one time together and one time after the other, with notes that are made before;
 * nothing is written. A draft's note gives credit from the issue of the draft on.
 */
export const creditsFor = async (
  query: Query,
  organizationId: string,
  issues: readonly (readonly CreditTaker[])[],
  made: readonly CreditNoteToIssue[] = [],
): Promise<ReadonlyMap<string, bigint>> => {
  const notes = await notesOf(query, readForeseen, organizationId, issues.flat());
  return sums(decide(issues, [...notes, ...made.map(availableOf)]));
};

const availableOf = ({ invoice, split }: CreditNoteToIssue, position: number): Available => ({
  id: `issued ${position}`,
  invoice_id: invoice.id,
  customer_id: invoice.customer_id,
  billing_entity_id: invoice.billing_entity_id,
  currency: invoice.currency,
  balance_amount_cents: split.creditCents.toString(),
  is_draft: invoice.status === 'DRAFT',
});

const notesOf = (
  query: Query,
  statement: { name: string; text: string },
  organizationId: string,
  invoices: readonly CreditTaker[],
): Promise<Available[]> =>
  query<Available>(statement, [organizationId, [...new Set(invoices.map((invoice) => invoice.customerId))]]);

function decide(issues: readonly (readonly CreditTaker[])[], notes: readonly Available[]): Taking[] {
  const left = new Map(notes.map((note) => [note.id, BigInt(note.balance_amount_cents)]));
  if (left.size === 0) return [];
  const issued = new Set<string>();
  return issues.flatMap((invoices) => {
    for (const { id } of invoices) issued.add(id);
    const given = notes.filter((note) => !note.is_draft || issued.has(note.invoice_id));
    return invoices.flatMap((invoice) => {
      const usable = given.filter(
        (note) =>
          note.customer_id === invoice.customerId &&
          note.billing_entity_id === invoice.billingEntityId &&
          note.currency === invoice.currency &&
          note.invoice_id !== invoice.id,
      );
      const credits = usable.map(({ id }) => ({ id, balanceCents: left.get(id) ?? 0n }));
      return applyCredits(invoice.totalCents, credits).taken.map(({ id, amountCents }) => {
        left.set(id, (left.get(id) ?? 0n) - amountCents);
        return { invoiceId: invoice.id, creditNoteId: id, amountCents };
      });
    });
  });
}

function sums(takings: readonly Taking[]): Map<string, bigint> {
  const taken = new Map<string, bigint>();
  for (const { invoiceId, amountCents } of takings) taken.set(invoiceId, (taken.get(invoiceId) ?? 0n) + amountCents);
  return taken;
}

/** A voided invoice gives back what it took, and what is left of the credit given for it is void too. */
const giveBack = {
  name: 'credit_notes.give_back',
  text: `with returned as (
      update invoice_credits c set is_returned = true where c.organization_id = $1 and c.invoice_id = $2 and not c.is_returned
      returning c.credit_note_id, c.amount_cents
    ), own as (
      update credit_notes n set balance_amount_cents = 0, voided_balance_cents = n.voided_balance_cents + n.balance_amount_cents, voided_at = $3, updated_at = $3
      where n.organization_id = $1 and n.invoice_id = $2 and n.voided_at is null
    )
    update credit_notes n set updated_at = $3, balance_amount_cents = n.balance_amount_cents + case when n.voided_at is null then r.amount_cents else 0 end,
      voided_balance_cents = n.voided_balance_cents + case when n.voided_at is null then 0 else r.amount_cents end
    from returned r where n.organization_id = $1 and n.id = r.credit_note_id`,
};

export const returnCredits = (tx: Tx, organizationId: string, invoiceId: string, at: Date): Promise<unknown> =>
  runStatement(tx, giveBack, [organizationId, invoiceId, at]);
