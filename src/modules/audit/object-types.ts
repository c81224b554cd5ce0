/** What can be told of, by the name in the outbox: whoever asks for another is refused instead of finding nothing. */
export const objectTypes = [
  'api_key',
  'billable_metric',
  'billing_entity',
  'credit_note',
  'customer',
  'invoice',
  'organization',
  'plan',
  'provisioner',
  'subscription',
] as const;
export type ObjectType = (typeof objectTypes)[number];
