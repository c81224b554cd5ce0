import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An issued invoice keeps who sold it, whatever becomes of the billing entity; entities can be archived and give their code free.
 * Invoices issued before this get their entity as it stands now, with the trigger that protects them held for this one statement.
 */
export class SellerIdentity1795000310000 implements MigrationInterface {
  readonly name = 'SellerIdentity1795000310000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column phone text, add column document_locale text not null default 'en', add column archived_at timestamptz,
        drop constraint uq_billing_entities_code,
        add constraint ck_billing_entities_default check (not is_default or archived_at is null);
      alter table billing_entities alter column document_locale drop default;
      create unique index uq_billing_entities_code on billing_entities (organization_id, code) where archived_at is null;
      alter table customers add column document_locale text;
      alter table invoices add column seller jsonb;
      alter table invoices disable trigger issued_invoices_are_immutable;
      update invoices i set seller = jsonb_build_object('code', e.code, 'name', e.name, 'legal_name', e.legal_name, 'legal_number', e.legal_number,
          'tax_identification_number', e.tax_identification_number, 'email', e.email, 'phone', e.phone, 'address_line1', e.address_line1,
          'address_line2', e.address_line2, 'city', e.city, 'state', e.state, 'zipcode', e.zipcode, 'country', e.country,
          'document_locale', e.document_locale, 'invoice_footer', e.invoice_footer)
        from billing_entities e
        where e.organization_id = i.organization_id and e.id = i.billing_entity_id and i.source <> 'STRIPE' and i.finalized_at is not null;
      alter table invoices enable trigger issued_invoices_are_immutable;
      alter table invoices add constraint ck_invoices_seller check (source = 'STRIPE' or finalized_at is null or seller is not null)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table invoices drop constraint ck_invoices_seller, drop column seller;
      alter table customers drop column document_locale;
      drop index uq_billing_entities_code;
      alter table billing_entities drop constraint ck_billing_entities_default, drop column archived_at, drop column document_locale, drop column phone,
        add constraint uq_billing_entities_code unique (organization_id, code)`);
  }
}
