import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a subscription sells besides billing: a graph, a workspace, anything that the vendor's own service makes. */
export class Resources1795000630000 implements MigrationInterface {
  readonly name = 'Resources1795000630000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table subscriptions
        add column resource_type text constraint ck_subscriptions_resource_type check (resource_type ~ '^[a-z][a-z0-9_-]{0,63}$'),
        add column resource_config jsonb constraint ck_subscriptions_resource_config check (jsonb_typeof(resource_config) = 'object'),
        add column resource_id text constraint ck_subscriptions_resource_id check (length(resource_id) between 1 and 255),
        add constraint ck_subscriptions_resource check (resource_type is not null or (resource_config is null and resource_id is null));
      create index ix_subscriptions_resource on subscriptions (organization_id, resource_type, resource_id) where resource_id is not null`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index ix_subscriptions_resource;
      alter table subscriptions drop constraint ck_subscriptions_resource,
        drop column resource_id, drop column resource_config, drop column resource_type`);
  }
}
