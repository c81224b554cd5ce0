import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credit lowers only what its customer owes to the seller that gave it, in the currency in which it was given. */
export class CreditOfOneSeller1795000640000 implements MigrationInterface {
  readonly name = 'CreditOfOneSeller1795000640000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create function check_invoice_credit() returns trigger language plpgsql as $$
      declare
        wrong text;
      begin
        select n.number into wrong from credit_notes n join invoices i on i.organization_id = n.organization_id and i.id = new.invoice_id
          where n.organization_id = new.organization_id and n.id = new.credit_note_id
            and (n.customer_id, n.billing_entity_id, n.currency) <> (i.customer_id, i.billing_entity_id, i.currency);
        if found then
          raise exception 'credit note % is of another customer, seller or currency than the invoice that takes it', wrong
            using errcode = '23514', constraint = 'credit_stays_with_its_seller';
        end if;
        return new;
      end $$;
      create trigger credit_stays_with_its_seller before insert or update of invoice_id, credit_note_id on invoice_credits
        for each row execute function check_invoice_credit()`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop trigger credit_stays_with_its_seller on invoice_credits; drop function check_invoice_credit()');
  }
}
