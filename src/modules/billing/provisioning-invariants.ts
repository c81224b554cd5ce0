import type { Invariant } from './invariant.ts';

/** What must hold of resources that are made for subscriptions. */
export const provisioningInvariants: readonly Invariant[] = [
  {
    name: 'provisioned_once',
    holds: 'of a subscription at most one attempt to make its resource is open or has succeeded',
    offenders: `select subscription_id::text from provisioning_attempts where status <> 'FAILED'
      group by organization_id, subscription_id having count(*) > 1`,
  },
  {
    name: 'provisioning_is_attempted',
    holds: 'for every subscription that waits for its resource somebody is making it',
    offenders: `select s.id::text from subscriptions s where s.status = 'PROVISIONING' and not exists (select from provisioning_attempts a
      where a.organization_id = s.organization_id and a.subscription_id = s.id and a.finished_at is null)`,
  },
  {
    name: 'operation_says_the_same',
    holds: 'an attempt and its operation agree on whether and how it ended',
    offenders: `select a.id::text from provisioning_attempts a left join operations o on o.organization_id = a.organization_id and o.id = a.id
      where o.id is null or (o.finished_at is null) <> (a.finished_at is null) or (o.status = 'COMPLETED') <> (a.status = 'SUCCEEDED')`,
  },
  {
    name: 'failure_settled_once',
    holds: 'the payment provider is told of a failure once for a subscription',
    offenders: `select subscription_id::text from provisioning_attempts where settlement <> 'NONE'
      group by organization_id, subscription_id having count(*) > 1`,
  },
  {
    name: 'provisioning_is_worked_off',
    holds: 'no attempt has waited an hour for a worker',
    offenders: `select id::text from provisioning_attempts where look_at < now() - interval '1 hour'`,
  },
];
