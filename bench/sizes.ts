/** How much is measured. Smoke proves that everything still runs and agrees; only full is worth reading as speed. */
export interface Sizes {
  readonly repetitions: number;
  /** Subscriptions: the two ends of the growth comparison, and between them what is billed in several ways. */
  readonly few: number;
  readonly some: number;
  readonly most: number;
  readonly many: number;
  readonly eventsPerCharge: number;
  /** Requests of 100 events, and calls of 1000. */
  readonly batches: number;
  readonly calls: number;
  /** Readings of the current usage. */
  readonly readings: number;
  readonly pricings: number;
  /** Events of a payment provider. */
  readonly inbound: number;
}

export const full: Sizes = {
  repetitions: 5,
  few: 10_000,
  some: 20_000,
  most: 50_000,
  many: 100_000,
  eventsPerCharge: 10,
  batches: 600,
  calls: 60,
  readings: 4_000,
  pricings: 1_000_000,
  inbound: 20_000,
};

export const smoke: Sizes = {
  repetitions: 1,
  few: 500,
  some: 1_000,
  most: 2_000,
  many: 2_000,
  eventsPerCharge: 10,
  batches: 40,
  calls: 4,
  readings: 200,
  pricings: 20_000,
  inbound: 1_000,
};
