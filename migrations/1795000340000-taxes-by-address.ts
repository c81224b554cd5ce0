import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Taxes that addresses decide: they are no row of `taxes`, so an invoice keeps which rule it was and what it has to say. */
export class TaxesByAddress1795000340000 implements MigrationInterface {
  readonly name = 'TaxesByAddress1795000340000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column tax_by_address boolean not null default false,
        add constraint ck_billing_entities_tax_by_address check (not tax_by_address or country is not null);
      alter table invoice_taxes add column address_rule text, add column note text;
      alter table invoice_taxes drop constraint pk_invoice_taxes;
      alter table invoice_taxes add constraint pk_invoice_taxes primary key (organization_id, invoice_id, tax_code, tax_rate);
      alter table invoice_taxes alter column tax_id drop not null;
      alter table invoice_taxes
        add constraint ck_invoice_taxes_basis check ((tax_id is null) = (address_rule is not null)),
        add constraint ck_invoice_taxes_address_rule check (address_rule in
          ('domestic', 'eu_consumer', 'eu_reverse_charge', 'export', 'us_state', 'us_not_collected')),
        add constraint ck_invoice_taxes_untaxed check (address_rule is null
          or address_rule not in ('eu_reverse_charge', 'export', 'us_not_collected') or (tax_rate = 0 and amount_cents = 0))`);
  }

  /** Refused while an invoice was taxed by address: the older schema cannot hold it. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table invoice_taxes alter column tax_id set not null;
      alter table invoice_taxes drop constraint ck_invoice_taxes_basis, drop constraint ck_invoice_taxes_address_rule,
        drop constraint ck_invoice_taxes_untaxed;
      alter table invoice_taxes drop constraint pk_invoice_taxes;
      alter table invoice_taxes add constraint pk_invoice_taxes primary key (organization_id, invoice_id, tax_id);
      alter table invoice_taxes drop column address_rule, drop column note;
      alter table billing_entities drop constraint ck_billing_entities_tax_by_address, drop column tax_by_address`);
  }
}
