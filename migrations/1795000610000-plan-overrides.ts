import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A subscription may have a plan of its own: a copy with other prices (`parent_id`), under the code of the plan it was copied from. Its
 * prices know what they were copied from, so that what was paid under the one counts under the other.
 */
export class PlanOverrides1795000610000 implements MigrationInterface {
  readonly name = 'PlanOverrides1795000610000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table plans
        add column parent_id uuid,
        add constraint fk_plans_parent foreign key (organization_id, parent_id) references plans (organization_id, id),
        drop constraint uq_plans_code;
      create unique index uq_plans_code on plans (organization_id, code) where parent_id is null;
      create index ix_plans_parent on plans (organization_id, parent_id) where parent_id is not null;
      alter table charges
        add column parent_id uuid,
        add constraint fk_charges_parent foreign key (organization_id, parent_id) references charges (organization_id, id);
      alter table fixed_charges
        add column parent_id uuid,
        add constraint fk_fixed_charges_parent foreign key (organization_id, parent_id) references fixed_charges (organization_id, id)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table fixed_charges drop column parent_id;
      alter table charges drop column parent_id;
      drop index uq_plans_code;
      alter table plans drop column parent_id, add constraint uq_plans_code unique (organization_id, code)`);
  }
}
