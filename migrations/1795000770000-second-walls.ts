import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What belongs to an issued document stays with it, and no book is ever emptied, whoever holds the connection. */
export class SecondWalls1795000770000 implements MigrationInterface {
  readonly name = 'SecondWalls1795000770000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(functions);
    await q.query(standingRows.concat(documents, emptied.map(neverEmptied)).join(';\n'));
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop function refuse_emptying, refuse_change_of_row, refuse_change_of_issued_row, check_inserted_invoice_taxes,
        refuse_change_of_issued_items, check_inserted_credit_note_items cascade`);
  }
}

/** Guarded tables; audit_entries has such a trigger since it exists. */
const emptied = [
  'invoices',
  'fees',
  'invoice_taxes',
  'invoice_subscriptions',
  'billed_periods',
  'invoice_credits',
  'invoice_payments',
  'credit_notes',
  'credit_note_items',
  'number_series',
  'outbox_events',
];

const neverEmptied = (table: string): string =>
  `create trigger ${table}_are_never_emptied before truncate on ${table} for each statement execute function refuse_emptying()`;

const functions = `
  create function refuse_emptying() returns trigger language plpgsql as $$
  begin
    raise exception 'table % is never emptied', tg_table_name using errcode = '23514', constraint = tg_name;
  end $$;

  -- The first argument lists the columns that may still change.
  create function refuse_change_of_row() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' or (to_jsonb(new) - tg_argv[0]::text[]) is distinct from (to_jsonb(old) - tg_argv[0]::text[]) then
      raise exception 'a row of % stays as it was written', tg_table_name using errcode = '23514', constraint = tg_name;
    end if;
    return new;
  end $$;

  -- The same for rows of an invoice, from its issue on.
  create function refuse_change_of_issued_row() returns trigger language plpgsql as $$
  declare
    issued text;
  begin
    if tg_op = 'DELETE' or (to_jsonb(new) - tg_argv[0]::text[]) is distinct from (to_jsonb(old) - tg_argv[0]::text[]) then
      select coalesce(i.invoice_number, i.id::text) into issued from invoices i
        where (i.organization_id, i.id) in ((old.organization_id, old.invoice_id), (new.organization_id, new.invoice_id)) and i.status <> 'DRAFT' limit 1;
      if found then
        raise exception 'a row of % belongs to the issued invoice % and stays with it', tg_table_name, issued using errcode = '23514', constraint = tg_name;
      end if;
    end if;
    return case when tg_op = 'DELETE' then old else new end;
  end $$;

  -- A closed invoice is written closed, so its taxes come after it.
  create function check_inserted_invoice_taxes() returns trigger language plpgsql as $$
  declare
    issued text;
  begin
    select i.invoice_number into issued from (select distinct organization_id, invoice_id from inserted_taxes) n
      join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id where i.status not in ('DRAFT', 'CLOSED') limit 1;
    if found then
      raise exception 'invoice % is issued and takes no more taxes', issued
        using errcode = '23514', constraint = 'issued_invoice_taxes_are_immutable';
    end if;
    return null;
  end $$;

  create function refuse_change_of_issued_items() returns trigger language plpgsql as $$
  declare
    issued text;
  begin
    select n.number into issued from credit_notes n where n.status = 'FINALIZED' and (n.organization_id, n.id) in
      ((old.organization_id, old.credit_note_id), (new.organization_id, new.credit_note_id)) limit 1;
    if found then
      raise exception 'credit note % is issued and keeps its items', issued
        using errcode = '23514', constraint = 'issued_credit_note_items_are_immutable';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
  end $$;

  -- A note is written with all of its items in one statement; whatever comes later is an addition.
  create function check_inserted_credit_note_items() returns trigger language plpgsql as $$
  declare
    issued text;
  begin
    select n.number into issued from (select distinct organization_id, credit_note_id from inserted_items) added
      join credit_notes n on n.organization_id = added.organization_id and n.id = added.credit_note_id and n.status = 'FINALIZED'
      join credit_note_items c on c.organization_id = n.organization_id and c.credit_note_id = n.id
      where not exists (select from inserted_items x where x.organization_id = c.organization_id and x.id = c.id) limit 1;
    if found then
      raise exception 'credit note % is issued and takes no more items', issued
        using errcode = '23514', constraint = 'issued_credit_note_items_are_immutable';
    end if;
    return null;
  end $$`;

/** Rows that stay from the moment they are written, but for the columns named. */
const standingRows = [
  `create trigger outbox_is_append_only before update or delete on outbox_events
    for each row execute function refuse_change_of_row('{told_in}')`,
  `create trigger taken_credit_stays before update or delete on invoice_credits
    for each row execute function refuse_change_of_row('{is_returned}')`,
  `create trigger payments_are_never_deleted before delete on invoice_payments for each row execute function refuse_change_of_row('{}')`,
  `create trigger series_are_never_deleted before delete on number_series for each row execute function refuse_change_of_row('{}')`,
];

const documents = [
  `create trigger issued_invoice_taxes_are_immutable before update or delete on invoice_taxes
    for each row execute function refuse_change_of_issued_row('{}')`,
  `create trigger inserted_invoice_taxes_belong_to_drafts after insert on invoice_taxes referencing new table as inserted_taxes
    for each statement execute function check_inserted_invoice_taxes()`,
  `create trigger issued_coverage_stays before update or delete on billed_periods
    for each row execute function refuse_change_of_issued_row('{voided, given_back_from}')`,
  `create trigger issued_spans_stay before update or delete on invoice_subscriptions
    for each row execute function refuse_change_of_issued_row('{voided}')`,
  `create trigger issued_credit_notes_are_immutable before update or delete on credit_notes for each row when (old.status = 'FINALIZED')
    execute function refuse_change_of_row('{balance_amount_cents, refunded_balance_cents, voided_balance_cents, refund_status, voided_at, metadata, updated_at}')`,
  `create trigger issued_credit_note_items_are_immutable before update or delete on credit_note_items
    for each row execute function refuse_change_of_issued_items()`,
  `create trigger inserted_items_belong_to_drafts after insert on credit_note_items referencing new table as inserted_items
    for each statement execute function check_inserted_credit_note_items()`,
];
