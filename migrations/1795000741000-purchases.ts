import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is bought at once: a row before the payment provider is asked, so that a purchase is made once however often it is asked for. */
export class Purchases1795000741000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table purchases (
        organization_id uuid not null,
        id uuid not null,
        customer_id uuid not null,
        fingerprint bytea not null,
        provider_customer_id text not null,
        locked_until timestamptz not null,
        finished_at timestamptz,
        created_at timestamptz not null default clock_timestamp(),
        constraint pk_purchases primary key (organization_id, id),
        constraint fk_purchases_customer foreign key (organization_id, customer_id) references customers (organization_id, id)
      );
      create unique index uq_purchases_in_hand on purchases (organization_id, customer_id, fingerprint) where finished_at is null;
      create index ix_purchases_finished on purchases (organization_id, customer_id, finished_at) where finished_at is not null;
      create index ix_purchases_open on purchases (locked_until) where finished_at is null;`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table purchases');
  }
}
