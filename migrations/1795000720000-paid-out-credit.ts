import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of a credit note's credit besides what invoices took: paid out, or voided. What was voided can be credited again. */
export class PaidOutCredit1795000720000 implements MigrationInterface {
  readonly name = 'PaidOutCredit1795000720000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table credit_notes
        add column refunded_balance_cents bigint not null default 0 constraint ck_credit_notes_refunded_balance check (refunded_balance_cents >= 0),
        add column voided_balance_cents bigint not null default 0 constraint ck_credit_notes_voided_balance check (voided_balance_cents >= 0);
      alter table credit_notes disable trigger user;
      update credit_notes n set voided_balance_cents = n.credit_amount_cents - coalesce((select sum(c.amount_cents) from invoice_credits c
        where c.organization_id = n.organization_id and c.credit_note_id = n.id and not c.is_returned), 0) where n.voided_at is not null;
      alter table credit_notes enable trigger user;
      alter table credit_notes
        drop constraint ck_credit_notes_balance,
        add constraint ck_credit_notes_balance check (balance_amount_cents >= 0
          and balance_amount_cents + refunded_balance_cents + voided_balance_cents <= credit_amount_cents)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table credit_notes
        drop constraint ck_credit_notes_balance,
        drop column refunded_balance_cents,
        drop column voided_balance_cents,
        add constraint ck_credit_notes_balance check (balance_amount_cents between 0 and credit_amount_cents)`);
  }
}
