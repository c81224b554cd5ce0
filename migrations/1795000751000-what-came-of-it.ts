import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of a captured invoice: what its provider settled by the customer's balance there and by its credit notes (negative where it added a debt), and what came
 * beyond it. Paid is what came, which may be more than the total where the provider collects a debt with it.
 */
export class WhatCameOfIt1795000751000 implements MigrationInterface {
  readonly name = 'WhatCameOfIt1795000751000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table invoices
        add column provider_balance_cents bigint not null default 0,
        add column overpaid_cents bigint not null default 0 constraint ck_invoices_overpaid check (overpaid_cents >= 0),
        add constraint ck_invoices_provider_balance check (source = 'STRIPE' or (provider_balance_cents = 0 and overpaid_cents = 0)),
        drop constraint ck_invoices_paid,
        add constraint ck_invoices_paid check (total_paid_cents >= 0 and (source = 'STRIPE' or total_paid_cents <= greatest(total_cents, 0)))`);
    await q.query(freeColumns(withoutSettlement, withSettlement));
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(freeColumns(withSettlement, withoutSettlement));
    await q.query(`
      update invoices set total_paid_cents = greatest(least(total_paid_cents, total_cents), 0) where source = 'STRIPE';
      alter table invoices
        drop constraint ck_invoices_paid,
        add constraint ck_invoices_paid check (total_paid_cents between 0 and greatest(total_cents, 0)),
        drop constraint ck_invoices_provider_balance,
        drop column overpaid_cents,
        drop column provider_balance_cents`);
  }
}

const withoutSettlement = `array['invoice_pdf', 'hosted_invoice_url', 'fees_amount_cents', 'total_cents']`;
const withSettlement = withoutSettlement.replace(']', `, 'provider_balance_cents', 'overpaid_cents']`);

/** What may change of a captured invoice after it was issued; the rest of the guard is not ours to repeat. */
const freeColumns = (from: string, to: string): string => `do $do$
  declare
    definition text := pg_get_functiondef('refuse_change_of_issued_invoice'::regproc);
  begin
    if position($from$${from}$from$ in definition) = 0 then raise exception 'refuse_change_of_issued_invoice is not what this migration knows'; end if;
    execute replace(definition, $from$${from}$from$, $to$${to}$to$);
  end $do$`;
