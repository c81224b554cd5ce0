import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Series say where they begin and entities when they begin again; a number is unique in the organization, and so is the prefix
 * that tells entities apart. A prefix that two have stays with the older; the younger gets three letters and four of its id.
 */
export class Numbering1795000300000 implements MigrationInterface {
  readonly name = 'Numbering1795000300000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table number_series add column first_number bigint not null default 1,
        drop constraint ck_number_series_last_number,
        add constraint ck_number_series_last_number check (first_number > 0 and last_number >= first_number - 1);
      alter table billing_entities add column document_number_restart text not null default 'never'
        constraint ck_billing_entities_restart check (document_number_restart in ('yearly', 'monthly', 'never'));
      update billing_entities set document_number_restart = 'yearly' where document_number_template like '%{year}%';
      alter table billing_entities alter column document_number_restart drop default;
      update billing_entities e set document_number_prefix = upper(left(regexp_replace(name, '[^A-Za-z0-9]', '', 'g'), 3) || '-' || right(id::text, 4))
        where exists (select from billing_entities o where o.organization_id = e.organization_id
          and o.document_number_prefix = e.document_number_prefix and (o.created_at, o.id) < (e.created_at, e.id));
      alter table billing_entities add constraint uq_billing_entities_prefix unique (organization_id, document_number_prefix);
      alter table invoices drop constraint uq_invoices_number;
      create unique index uq_invoices_number on invoices (organization_id, invoice_number) where source <> 'STRIPE'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index uq_invoices_number;
      alter table invoices add constraint uq_invoices_number unique (organization_id, billing_entity_id, invoice_number);
      alter table billing_entities drop constraint uq_billing_entities_prefix, drop column document_number_restart;
      alter table number_series drop constraint ck_number_series_last_number, drop column first_number,
        add constraint ck_number_series_last_number check (last_number >= 0)`);
  }
}
