import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history of a fixed charge's units while subscriptions run on them: old periods are billed by the units of their time. What is paid in
 * advance and grows at once waits in `instant_units` for its invoice, by subscription.
 */
export class FixedChargeUnits1795000612000 implements MigrationInterface {
  readonly name = 'FixedChargeUnits1795000612000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table fixed_charge_units (
        organization_id uuid not null,
        fixed_charge_id uuid not null,
        id uuid not null,
        units_before numeric(40, 15) not null constraint ck_fixed_charge_units_before check (units_before <> 'NaN' and units_before >= 0),
        units numeric(40, 15) not null constraint ck_fixed_charge_units_units check (units <> 'NaN' and units >= 0),
        changed_at timestamptz not null,
        immediately boolean not null,
        constraint pk_fixed_charge_units primary key (organization_id, fixed_charge_id, id),
        constraint fk_fixed_charge_units_fixed_charge foreign key (organization_id, fixed_charge_id) references fixed_charges (organization_id, id)
      );
      create table instant_units (
        organization_id uuid not null,
        subscription_id uuid not null,
        change_id uuid not null,
        constraint pk_instant_units primary key (organization_id, subscription_id, change_id),
        constraint fk_instant_units_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table instant_units, fixed_charge_units');
  }
}
