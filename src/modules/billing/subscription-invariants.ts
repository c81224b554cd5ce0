import type { Invariant } from './invariant.ts';

/** What only the verbs of a subscription lead to, so that nothing that it used stays unbilled. */
export const subscriptionInvariants: readonly Invariant[] = [
  {
    name: 'started_ones_are_terminated',
    holds: 'a subscription that Florin bills and that has started is terminated, not canceled: its last period is billed',
    offenders: `select id::text from subscriptions where payment_provider = 'MANUAL' and status = 'CANCELED' and started_at is not null`,
  },
  {
    name: 'pauses_are_kept',
    holds: 'a paused subscription that Florin bills has a pause that is open, and nothing else has one',
    offenders: `select s.id::text from subscriptions s where s.payment_provider = 'MANUAL' and (s.status = 'PAUSED') <> exists (
      select from subscription_pauses p where p.organization_id = s.organization_id and p.subscription_id = s.id and p.resumed_at is null)`,
  },
];
