import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events that are charged at once wait in `instant_charges`, written with the event, and are taken out with the fee that charges
 * them: exactly once, by `uq_fees_event`. Such a fee may stand alone, without an invoice.
 */
export class InstantCharges1795000120000 implements MigrationInterface {
  readonly name = 'InstantCharges1795000120000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table instant_charges (
        organization_id uuid not null constraint fk_instant_charges_organization references organizations (id),
        id bigint generated always as identity,
        stream_id bigint not null,
        metric_key integer not null,
        transaction_id text not null,
        occurred_at timestamptz not null,
        constraint pk_instant_charges primary key (organization_id, id),
        constraint uq_instant_charges_event unique (stream_id, transaction_id)
      );
      alter table fees
        alter column invoice_id drop not null,
        add column pay_in_advance boolean not null default false,
        add column event_transaction_id text,
        add constraint ck_fees_invoice check (invoice_id is not null or pay_in_advance),
        add constraint ck_fees_event check (event_transaction_id is null or pay_in_advance);
      create unique index uq_fees_event on fees (organization_id, subscription_id, item_id, event_transaction_id)
        where event_transaction_id is not null;
      create index ix_fees_subscription on fees (organization_id, subscription_id, period_start)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index ix_fees_subscription;
      drop index uq_fees_event;
      alter table fees drop constraint ck_fees_event, drop constraint ck_fees_invoice, drop column event_transaction_id, drop column pay_in_advance,
        alter column invoice_id set not null;
      drop table instant_charges`);
  }
}
