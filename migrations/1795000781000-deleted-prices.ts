import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A deleted charge or fixed charge gives its code free: only those that are not deleted are unique in their plan. */
export class DeletedPrices1795000781000 implements MigrationInterface {
  readonly name = 'DeletedPrices1795000781000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table charges drop constraint uq_charges_code;
      create unique index uq_charges_code on charges (organization_id, plan_id, code) where status = 'ACTIVE';
      alter table fixed_charges drop constraint uq_fixed_charges_code;
      create unique index uq_fixed_charges_code on fixed_charges (organization_id, plan_id, code) where status = 'ACTIVE'`);
  }

  /** Refused by the constraint where a code was given again. */
  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index uq_fixed_charges_code;
      alter table fixed_charges add constraint uq_fixed_charges_code unique (organization_id, plan_id, code);
      drop index uq_charges_code;
      alter table charges add constraint uq_charges_code unique (organization_id, plan_id, code)`);
  }
}
