import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credit given for an invoice, and taken by later ones when they are issued. */
export class CreditNotes1795000220000 implements MigrationInterface {
  readonly name = 'CreditNotes1795000220000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table invoices
        add column credit_notes_amount_cents bigint not null default 0 constraint ck_invoices_credit_notes check (credit_notes_amount_cents >= 0),
        add column offset_amount_cents bigint not null default 0 constraint ck_invoices_offset check (offset_amount_cents between 0 and greatest(total_cents, 0)),
        drop constraint ck_invoices_total,
        add constraint ck_invoices_total check (total_cents = fees_amount_cents - discount_amount_cents + taxes_amount_cents - credit_notes_amount_cents);
      create table credit_notes (
        organization_id uuid not null,
        id uuid not null,
        invoice_id uuid not null,
        customer_id uuid not null,
        billing_entity_id uuid not null,
        sequential_id integer not null,
        number text not null,
        currency text not null,
        status text not null constraint ck_credit_notes_status check (status in ('DRAFT', 'FINALIZED')),
        reason text not null constraint ck_credit_notes_reason check (reason in ('duplicated_charge', 'product_unsatisfactory', 'order_change',
          'order_cancellation', 'fraudulent_charge', 'other')),
        description text,
        issuing_date date not null,
        sub_total_amount_cents bigint not null,
        taxes_amount_cents bigint not null,
        total_amount_cents bigint not null,
        credit_amount_cents bigint not null constraint ck_credit_notes_credit check (credit_amount_cents >= 0),
        refund_amount_cents bigint not null constraint ck_credit_notes_refund check (refund_amount_cents >= 0),
        offset_amount_cents bigint not null constraint ck_credit_notes_offset check (offset_amount_cents >= 0),
        balance_amount_cents bigint not null,
        refund_status text constraint ck_credit_notes_refund_status check (refund_status in ('pending', 'succeeded', 'failed')),
        voided_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint pk_credit_notes primary key (organization_id, id),
        constraint uq_credit_notes_sequential_id unique (organization_id, invoice_id, sequential_id),
        constraint uq_credit_notes_number unique (organization_id, billing_entity_id, number),
        constraint fk_credit_notes_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
        constraint fk_credit_notes_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
        constraint fk_credit_notes_billing_entity foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id),
        constraint ck_credit_notes_total check (total_amount_cents = sub_total_amount_cents + taxes_amount_cents
          and total_amount_cents = credit_amount_cents + refund_amount_cents + offset_amount_cents),
        constraint ck_credit_notes_balance check (balance_amount_cents between 0 and credit_amount_cents)
      );
      create index ix_credit_notes_available on credit_notes (organization_id, customer_id, created_at) where balance_amount_cents > 0;
      create table credit_note_items (
        organization_id uuid not null,
        id uuid not null,
        credit_note_id uuid not null,
        fee_id uuid not null,
        precise_amount_cents numeric(30, 5) not null constraint ck_credit_note_items_amount check (precise_amount_cents >= 0 and precise_amount_cents <> 'NaN'),
        constraint pk_credit_note_items primary key (organization_id, id),
        constraint fk_credit_note_items_credit_note foreign key (organization_id, credit_note_id) references credit_notes (organization_id, id),
        constraint fk_credit_note_items_fee foreign key (organization_id, fee_id) references fees (organization_id, id) deferrable initially deferred
      );
      create index ix_credit_note_items_credit_note on credit_note_items (organization_id, credit_note_id);
      create index ix_credit_note_items_fee on credit_note_items (organization_id, fee_id);
      create table invoice_credits (
        organization_id uuid not null,
        invoice_id uuid not null,
        credit_note_id uuid not null,
        amount_cents bigint not null constraint ck_invoice_credits_amount check (amount_cents > 0),
        is_returned boolean not null default false,
        created_at timestamptz not null,
        constraint pk_invoice_credits primary key (organization_id, invoice_id, credit_note_id),
        constraint fk_invoice_credits_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
        constraint fk_invoice_credits_credit_note foreign key (organization_id, credit_note_id) references credit_notes (organization_id, id)
      );
      create index ix_invoice_credits_credit_note on invoice_credits (organization_id, credit_note_id)`);
    await q.query(freeColumns(`'payment_reference', 'metadata', 'updated_at', 'offset_amount_cents'`));
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(freeColumns(`'payment_reference', 'metadata', 'updated_at'`));
    await q.query(`
      drop table invoice_credits, credit_note_items, credit_notes;
      alter table invoices
        drop constraint ck_invoices_total,
        drop column offset_amount_cents, drop column credit_notes_amount_cents,
        add constraint ck_invoices_total check (total_cents = fees_amount_cents - discount_amount_cents + taxes_amount_cents)`);
  }
}

/** What an issued invoice may still change; the offset of a credit note is a kind of payment. */
const freeColumns = (last: string): string => `
  create or replace function refuse_change_of_issued_invoice() returns trigger language plpgsql as $$
  declare
    free_columns constant text[] := array['status', 'total_paid_cents', 'paid_at', 'voided_at', 'payment_method', ${last}];
  begin
    if tg_op = 'DELETE' then
      raise exception 'invoice % cannot be deleted: void it, so that its number stays in the series', old.invoice_number
        using errcode = '23514', constraint = 'invoices_are_never_deleted';
    end if;
    if old.status <> new.status and not (old.status, new.status) in (('DRAFT', 'OPEN'), ('DRAFT', 'VOID'), ('OPEN', 'PAID'), ('OPEN', 'VOID'),
        ('OPEN', 'UNCOLLECTIBLE'), ('UNCOLLECTIBLE', 'PAID'), ('UNCOLLECTIBLE', 'VOID')) then
      raise exception 'invoice % cannot go from % to %', old.invoice_number, old.status, new.status
        using errcode = '23514', constraint = 'invoices_follow_their_lifecycle';
    end if;
    if old.status <> 'DRAFT' and (to_jsonb(new) - free_columns) is distinct from (to_jsonb(old) - free_columns) then
      raise exception 'invoice % is issued and cannot change', old.invoice_number
        using errcode = '23514', constraint = 'issued_invoices_are_immutable';
    end if;
    return new;
  end $$`;
