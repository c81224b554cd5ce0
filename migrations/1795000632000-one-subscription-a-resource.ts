import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A customer has one live subscription to a resource; a change that is planned for it stands beside it. */
export class OneSubscriptionAResource1795000632000 implements MigrationInterface {
  readonly name = 'OneSubscriptionAResource1795000632000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create unique index uq_subscriptions_live_resource on subscriptions (organization_id, customer_id, resource_type, resource_id)
        where resource_id is not null and status not in ('CANCELED', 'TERMINATED', 'FAILED') and not (status = 'PENDING' and change_at is not null)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop index uq_subscriptions_live_resource');
  }
}
