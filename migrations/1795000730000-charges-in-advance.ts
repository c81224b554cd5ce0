import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every INSERT of events asks whether a charge prices their metric in advance: an index holds those few alone. */
export class ChargesInAdvance1795000730000 implements MigrationInterface {
  readonly name = 'ChargesInAdvance1795000730000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`create index ix_charges_in_advance on charges (organization_id, billable_metric_id)
      where pay_in_advance and status = 'ACTIVE'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop index ix_charges_in_advance');
  }
}
