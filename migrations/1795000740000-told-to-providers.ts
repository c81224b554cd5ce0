import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a payment provider has to be told of a subscription that it bills, and may not have heard yet. */
export class ToldToProviders1795000740000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table provider_subscriptions add column changes_to_plan_id uuid, add column changes_asked_at timestamptz,
        add constraint fk_provider_subscriptions_changes_to foreign key (organization_id, changes_to_plan_id) references plans (organization_id, id),
        add constraint ck_provider_subscriptions_changes check ((changes_to_plan_id is null) = (changes_asked_at is null));
      create index ix_provider_subscriptions_changing on provider_subscriptions (organization_id, subscription_id) where changes_to_plan_id is not null;
      create index ix_subscriptions_ended_at_provider on subscriptions (organization_id, id) where payment_provider = 'STRIPE' and status = 'TERMINATED';`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop index ix_subscriptions_ended_at_provider;
      drop index ix_provider_subscriptions_changing;
      alter table provider_subscriptions drop constraint ck_provider_subscriptions_changes,
        drop constraint fk_provider_subscriptions_changes_to, drop column changes_asked_at, drop column changes_to_plan_id;`);
  }
}
