import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Seller and currency of fees are compared with their invoice by the trigger that reads the header anyway, a set at a time. As
 * part of the foreign key they made every index of `invoices` that begins with seller or id look equally good to its check, and
 * without statistics (a first run) PostgreSQL took one that holds all invoices of the seller: quadratic (docs/decisions/0040).
 */
export class FeesFollowTheirHeader1795000050000 implements MigrationInterface {
  readonly name = 'FeesFollowTheirHeader1795000050000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table fees drop constraint fk_fees_invoice;
      alter table invoices drop constraint uq_invoices_fee_header;
      alter table fees add constraint fk_fees_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id)`);
    await q.query(checkOfInsertedFees);
    await q.query(refusals);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop trigger fees_keep_their_invoice on fees;
      drop trigger invoices_keep_their_seller on invoices;
      drop function refuse_change_of_keys();
      alter table fees drop constraint fk_fees_invoice;
      alter table invoices add constraint uq_invoices_fee_header unique (organization_id, id, billing_entity_id, currency);
      alter table fees add constraint fk_fees_invoice foreign key (organization_id, invoice_id, billing_entity_id, currency)
        references invoices (organization_id, id, billing_entity_id, currency)`);
    await q.query(checkOfInsertedFeesBefore);
  }
}

/** Its plan is made once a session, perhaps on empty tables: it may only follow indexes, header by header (`offset 0`). */
const checkOfInsertedFees = `
  create or replace function check_inserted_fees() returns trigger language plpgsql set enable_seqscan = off as $$
  declare
    wrong record;
  begin
    select i.invoice_number, i.is_issued, (n.billing_entity_id, n.currency) <> (i.billing_entity_id, i.currency) as differs into wrong
    from (select organization_id, invoice_id, billing_entity_id, currency from inserted_fees group by 1, 2, 3, 4) n
    cross join lateral (
      select h.invoice_number, h.billing_entity_id, h.currency, h.fees_amount_cents, h.status <> 'DRAFT' and h.source <> 'STRIPE' as is_issued
      from invoices h where h.organization_id = n.organization_id and h.id = n.invoice_id offset 0
    ) i
    where i.is_issued or (n.billing_entity_id, n.currency) <> (i.billing_entity_id, i.currency) or i.fees_amount_cents <>
      (select sum(f.amount_cents) from fees f where f.organization_id = n.organization_id and f.invoice_id = n.invoice_id)
    limit 1;
    if not found then
      return null;
    end if;
    if wrong.is_issued then
      raise exception 'invoice % is issued and takes no more fees', wrong.invoice_number
        using errcode = '23514', constraint = 'issued_fees_are_immutable';
    elsif wrong.differs then
      raise exception 'a fee of invoice % is of another billing entity or currency', wrong.invoice_number
        using errcode = '23514', constraint = 'fees_share_seller_and_currency';
    else
      raise exception 'the fees of invoice % do not add up to its header', wrong.invoice_number
        using errcode = '23514', constraint = 'invoice_equals_its_fees';
    end if;
  end $$`;

const refusals = `
  create function refuse_change_of_keys() returns trigger language plpgsql as $$
  begin
    raise exception '% % cannot change its billing entity, currency or invoice', tg_table_name, old.id
      using errcode = '23514', constraint = 'fees_share_seller_and_currency';
  end $$;
  create trigger fees_keep_their_invoice before update of organization_id, invoice_id, billing_entity_id, currency on fees
    for each row when ((new.organization_id, new.invoice_id, new.billing_entity_id, new.currency)
      is distinct from (old.organization_id, old.invoice_id, old.billing_entity_id, old.currency))
    execute function refuse_change_of_keys();
  create trigger invoices_keep_their_seller before update of organization_id, id, billing_entity_id, currency on invoices
    for each row when ((new.organization_id, new.id, new.billing_entity_id, new.currency)
      is distinct from (old.organization_id, old.id, old.billing_entity_id, old.currency))
    execute function refuse_change_of_keys()`;

const checkOfInsertedFeesBefore = `
  create or replace function check_inserted_fees() returns trigger language plpgsql as $$
  declare
    wrong text;
  begin
    select i.invoice_number into wrong
    from (select distinct organization_id, invoice_id from inserted_fees) n
    join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id
    where i.status <> 'DRAFT' and i.source <> 'STRIPE'
    limit 1;
    if found then
      raise exception 'invoice % is issued and takes no more fees', wrong using errcode = '23514', constraint = 'issued_fees_are_immutable';
    end if;
    select i.invoice_number into wrong
    from (select distinct organization_id, invoice_id from inserted_fees) n
    join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id
    where i.fees_amount_cents <> (select sum(f.amount_cents) from fees f where f.organization_id = i.organization_id and f.invoice_id = i.id)
    limit 1;
    if found then
      raise exception 'the fees of invoice % do not add up to its header', wrong using errcode = '23514', constraint = 'invoice_equals_its_fees';
    end if;
    return null;
  end $$`;
