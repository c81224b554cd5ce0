declare const home: unique symbol;

/**
 * The entity a customer belongs to, which is not the one that bills a subscription: that is `effectiveEntity`'s answer. So it is no
 * string, and whoever wants to bill, tax, date or number by a customer's entity does not compile (lago.md 3.6 is what happens else).
 */
export interface HomeEntityId {
  readonly [home]: 'customer';
}

export const homeEntityId = (billingEntityId: string): HomeEntityId => billingEntityId as unknown as HomeEntityId;

/** For what is the customer's own: showing it, keeping it, looking for it. */
export const idOfHomeEntity = (homeEntity: HomeEntityId): string => homeEntity as unknown as string;
