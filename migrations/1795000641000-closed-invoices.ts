import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Periods that came to nothing can be closed without a document, where the seller or the customer wants no invoice of zero. */
export class ClosedInvoices1795000641000 implements MigrationInterface {
  readonly name = 'ClosedInvoices1795000641000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column finalize_zero_amount_invoice boolean not null default true;
      alter table customers add column finalize_zero_amount_invoice text not null default 'inherit'
        constraint ck_customers_finalize_zero_amount_invoice check (finalize_zero_amount_invoice in ('inherit', 'skip', 'finalize'));
      alter table invoices
        alter column invoice_number drop not null,
        alter column series drop not null,
        alter column sequential_id drop not null,
        drop constraint ck_invoices_status,
        add constraint ck_invoices_status check (status in ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE', 'CLOSED')),
        add constraint ck_invoices_number check (num_nulls(invoice_number, series, sequential_id) = case when status = 'CLOSED' then 3 else 0 end),
        add constraint ck_invoices_closed check (status <> 'CLOSED' or (fees_amount_cents = 0 and total_cents = 0 and source = 'GENERATED'
          and num_nonnulls(scheduled_finalize_at, finalized_at, paid_at, voided_at) = 0))`);
    await q.query(feesAreTakenBy(beforeIssue, beforeIssueOrClosed));
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(feesAreTakenBy(beforeIssueOrClosed, beforeIssue));
    await q.query(`
      alter table invoices
        drop constraint ck_invoices_closed,
        drop constraint ck_invoices_number,
        drop constraint ck_invoices_status,
        add constraint ck_invoices_status check (status in ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE')),
        alter column invoice_number set not null,
        alter column series set not null,
        alter column sequential_id set not null;
      alter table customers drop column finalize_zero_amount_invoice;
      alter table billing_entities drop column finalize_zero_amount_invoice`);
  }
}

const beforeIssue = `h.status <> 'DRAFT' and`;
const beforeIssueOrClosed = `h.status not in ('DRAFT', 'CLOSED') and`;

/** A closed invoice is written closed, so its fees come after it; the sum they must keep is nothing. */
const feesAreTakenBy = (from: string, to: string): string => `do $do$
    declare
      definition text := pg_get_functiondef('check_inserted_fees'::regproc);
    begin
      if position($from$${from}$from$ in definition) = 0 then raise exception 'check_inserted_fees is not what this migration knows'; end if;
      execute replace(definition, $from$${from}$from$, $to$${to}$to$);
    end $do$`;
